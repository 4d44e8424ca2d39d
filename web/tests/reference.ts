/** What `reference.py` tells. */

import { fileURLToPath } from 'node:url';
import { runPython } from './python';

const SCRIPT = fileURLToPath(new URL('reference.py', import.meta.url));

export interface ReferencePhoto {
  height: number;
  width: number;
  gray: Uint8Array;
  input: Float32Array;
  chroma: Float32Array;
  saliency: Float32Array;
  color: Uint8Array;
  vivid: Uint8Array;
}

export interface Reference {
  vividness: number;
  rgb: Uint8Array;
  luma: Uint8Array;
  photos: ReferencePhoto[];
}

export function readReference(): Reference {
  const told = JSON.parse(runPython(SCRIPT, 'arrays'));
  return {
    vividness: told.vividness,
    rgb: bytes(told.rgb),
    luma: bytes(told.luma),
    photos: told.photos.map((photo: Record<string, never>) => ({
      height: photo.height,
      width: photo.width,
      gray: bytes(photo.gray!),
      input: floats(photo.input!),
      chroma: floats(photo.chroma!),
      saliency: floats(photo.saliency!),
      color: bytes(photo.color!),
      vivid: bytes(photo.vivid!),
    })),
  };
}

/** Writes photos of many kinds into a folder. Returns their paths by name. */
export function writePhotos(folder: string): Record<string, string> {
  return JSON.parse(runPython(SCRIPT, 'photos', folder));
}

/** How far a PNG is from what `Colorizer` makes of the photo, in levels of 255. */
export function compareWithPython(photo: string, result: string): { largest: number; mean: number } {
  return JSON.parse(runPython(SCRIPT, 'compare', photo, result));
}

/** Milliseconds that the network takes in Python, with so many threads. */
export function timeNetwork(threads: number): number {
  return JSON.parse(runPython(SCRIPT, 'time', String(threads))).milliseconds;
}

/** What Python finds in a picture or a ZIP. */
export function describeFile(path: string): Record<string, unknown> {
  return JSON.parse(runPython(SCRIPT, 'describe', path));
}

function bytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

function floats(base64: string): Float32Array {
  return new Float32Array(bytes(base64).buffer);
}
