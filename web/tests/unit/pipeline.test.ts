import { describe, expect, it } from 'vitest';
import { Photo, type Strip } from '../../src/pipeline/photo';
import type { Prediction } from '../../src/pipeline/prediction';
import { readReference, type ReferencePhoto } from '../reference';

const reference = readReference();
const SQUARE = 224;
const CHROMA_SIDE = 56;

/** One level of 255 in the network's range, where the contrast of a faded photo has been stretched most. */
const LEVEL = (2 / 255) * 8 + 1e-5;
const names = reference.photos.map((photo) => [`${photo.width}x${photo.height}`, photo] as const);

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

/** Equal within 2 of 255, and but for a few roundings the same. */
function expectSameColors(a: Uint8Array, b: Uint8Array): void {
  expect(largestDifference(a, b)).toBeLessThanOrEqual(2);
  expect(a.filter((level, i) => level !== b[i]).length / a.length).toBeLessThan(0.005);
}

function rgbaOf(rgb: Uint8Array): Uint8ClampedArray {
  const rgba = new Uint8ClampedArray((rgb.length / 3) * 4).fill(255);
  for (let i = 0; i < rgb.length; i++) rgba[4 * Math.floor(i / 3) + (i % 3)] = rgb[i]!;
  return rgba;
}

function rgbOf(rgba: Uint8ClampedArray): Uint8Array {
  return Uint8Array.from({ length: (rgba.length / 4) * 3 }, (_, i) => rgba[4 * Math.floor(i / 3) + (i % 3)]!);
}

function predictionOf(photo: ReferencePhoto): Prediction {
  return { square: SQUARE, chromaSide: CHROMA_SIDE, chroma: photo.chroma, saliency: photo.saliency };
}

function opened({ width, height, gray }: ReferencePhoto): Photo {
  const photo = new Photo(width, height);
  const rgba = rgbaOf(Uint8Array.from({ length: 3 * gray.length }, (_, i) => gray[Math.floor(i / 3)]!));
  for (const strip of photo.strips()) photo.read(strip, part(rgba, photo, strip));
  return photo;
}

function part(rgba: Uint8ClampedArray, { width }: Photo, { top, rows }: Strip): Uint8ClampedArray {
  return rgba.subarray(4 * width * top, 4 * width * (top + rows));
}

function painted(reference: ReferencePhoto, vividness: number): Uint8Array {
  const photo = opened(reference);
  photo.setColors(predictionOf(reference));
  const rgba = new Uint8ClampedArray(4 * photo.width * photo.height);
  for (const strip of photo.strips()) part(rgba, photo, strip).set(photo.paint(strip, vividness));
  return rgbOf(rgba);
}

it('takes the luma of colours as Python does', () => {
  const photo = new Photo(reference.luma.length, 1);
  photo.read({ top: 0, rows: 1 }, rgbaOf(reference.rgb));
  expect(photo.luma).toEqual(reference.luma);
  expect(photo.hasAlpha).toBe(false);
});

it('finds pixels that are not opaque, and keeps their alpha', () => {
  const rgba = new Uint8ClampedArray([1, 2, 3, 255, 4, 5, 6, 254]);
  const photo = new Photo(2, 1);
  photo.read({ top: 0, rows: 1 }, rgba);
  expect(photo.hasAlpha).toBe(true);
  photo.setColors(predictionOf(reference.photos[0]!));
  const painted = photo.paint({ top: 0, rows: 1 }, 1, rgba);
  expect([painted[3], painted[7]]).toEqual([255, 254]);
});

it('is painted strip by strip', () => {
  expect([...new Photo(1 << 19, 5).strips()]).toEqual([
    { top: 0, rows: 2 },
    { top: 2, rows: 2 },
    { top: 4, rows: 1 },
  ]);
});

describe.each(names)('a photo of %s', (_, photo) => {
  it('is what the network sees in Python', () => {
    expect(largestDifference(opened(photo).networkInput(SQUARE, true), photo.input)).toBeLessThan(LEVEL);
  });

  it('gets the colours that Python gives it', () => {
    expectSameColors(painted(photo, 1), photo.color);
  });

  it('gets more vivid ones too', () => {
    expectSameColors(painted(photo, reference.vividness), photo.vivid);
  });

  it('is grey without vividness', () => {
    const result = painted(photo, 0);
    expect(result.every((level, i) => level === photo.gray[Math.floor(i / 3)])).toBe(true);
  });
});
