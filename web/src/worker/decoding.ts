/** Photo files as pixels on a canvas, by the browser's decoder. */

import { HEAD_BYTES, isCutOff, outputFormat, TAIL_BYTES, type Format } from '../files/formats';
import { Photo } from '../pipeline/photo';

/** A file that is no photo that can be colorized; its message says why. */
export class BadFileError extends Error {}

export interface Decoded {
  readonly canvas: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
  readonly format: Format;
}

/**
 * Decodes a photo, upright and in sRGB.
 *
 * @throws BadFileError if it is none, is damaged, or too large for the browser.
 */
export async function decode(file: Blob): Promise<Decoded> {
  const head = await bytesOf(file.slice(0, HEAD_BYTES));
  if (isCutOff(head, await bytesOf(file.slice(-TAIL_BYTES)))) throw new BadFileError('damaged: its end is missing');
  const bitmap = await bitmapOf(file);
  try {
    const drawn = blankCanvas(bitmap.width, bitmap.height);
    drawn.context.drawImage(bitmap, 0, 0);
    return { ...drawn, format: outputFormat(head) };
  } finally {
    bitmap.close();
  }
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

async function bitmapOf(file: Blob): Promise<ImageBitmap> {
  if (file.size === 0) throw new BadFileError('empty file');
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new BadFileError('no picture that this browser reads');
  }
}

/** An empty canvas. Throws `BadFileError` if the browser has none of this size. */
export function blankCanvas(width: number, height: number) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  const tooLarge = new BadFileError(`${width}x${height} pixels, too large for this browser`);
  if (!context) throw tooLarge;
  try {
    // Browsers leave a canvas that is too large blank without a word.
    context.fillRect(width - 1, height - 1, 1, 1);
    if (context.getImageData(width - 1, height - 1, 1, 1).data[3] !== 255) throw tooLarge;
    context.clearRect(width - 1, height - 1, 1, 1);
  } catch {
    throw tooLarge;
  }
  return { canvas, context };
}

/** The photo on a canvas. */
export function photoOf({ canvas, context }: Decoded): Photo {
  const photo = new Photo(canvas.width, canvas.height);
  for (const strip of photo.strips()) {
    photo.read(strip, context.getImageData(0, strip.top, photo.width, strip.rows).data);
  }
  return photo;
}
