/** Colour versions as files. */

import { JPEG, PNG, type Format } from '../files/formats';
import { withMetadata } from '../files/metadata';
import type { Size } from '../pipeline/plane';
import { saliencyOf, type Prediction } from '../pipeline/prediction';
import type { SaliencyMap } from './messages';

/** Of JPEG and WebP, in [0, 1]. */
const QUALITY = 0.95;

const THUMBNAIL_SIDE = 160;

/**
 * Encodes a picture in the format of its photo, with the photo's metadata if that is JPEG.
 *
 * @returns the file, and the format that it has: browsers write PNG in place of what they cannot.
 */
export async function encode(canvas: OffscreenCanvas, format: Format, original: Blob) {
  const blob = await canvas.convertToBlob({ type: format.type, quality: QUALITY });
  if (format === JPEG) return { blob: await withMetadata(blob, new Uint8Array(await original.arrayBuffer())), format };
  return { blob, format: blob.type === format.type ? format : PNG };
}

/** A small version of a picture. */
export async function thumbnailOf(canvas: OffscreenCanvas): Promise<Blob> {
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(canvas.width, canvas.height));
  const small = new OffscreenCanvas(Math.max(1, canvas.width * scale), Math.max(1, canvas.height * scale));
  const context = small.getContext('2d')!;
  context.imageSmoothingQuality = 'medium';
  context.drawImage(canvas, 0, 0, small.width, small.height);
  return small.convertToBlob({ type: JPEG.type, quality: 0.8 });
}

/** The saliency map of a photo, or `null` if none is predicted. */
export function mapOf(prediction: Prediction, photo: Size): SaliencyMap | null {
  const map = saliencyOf(prediction, photo);
  return map && { ...map, data: Uint8Array.from(map.data, (value) => Math.round(255 * value)) };
}
