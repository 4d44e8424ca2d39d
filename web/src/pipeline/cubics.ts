/** Cubic resampling, as `keras_scgan.photos.resizing` and OpenCV do it. */

import { floatPlane, grayPlane, type FloatPlane, type GrayPlane, type Size } from './plane';

/** Sharpness of the cubics by which pictures are enlarged: OpenCV's. */
const ENLARGE_SHARPNESS = -0.75;

/** Of the cubics of `cut`: with it, what is linear is resampled exactly. */
const CUT_SHARPNESS = -0.5;

/** Parts of 1 that the weights are rounded to where OpenCV resamples bytes. */
const BYTE_WEIGHTS = 1 << 11;

/** Numbers of 32 bits for each sample in `CubicTaps`. */
const STRIDE = 5;

/**
 * For each of the new samples, one after the other: the place of the first of its four old ones, which may lie outside,
 * as an integer, and the weights of the four. The kernel reads it so.
 */
export class CubicTaps {
  readonly count: number;
  readonly places: Int32Array<ArrayBuffer>;
  private readonly weights: Float32Array;

  /**
   * @param length of the part of the old samples that the new ones cover.
   * @param count of the new samples.
   * @param parts of 1 that the weights are rounded to, if they are.
   */
  constructor(length: number, count: number, sharpness = ENLARGE_SHARPNESS, parts = 0) {
    this.count = count;
    this.places = new Int32Array(STRIDE * count);
    this.weights = new Float32Array(this.places.buffer);
    for (let sample = 0; sample < count; sample++) {
      const position = (sample + 0.5) * (length / count) - 0.5;
      const first = Math.floor(position) - 1;
      this.places[STRIDE * sample] = first;
      for (let tap = 0; tap < 4; tap++) {
        const weight = cubic(position - (first + tap), sharpness);
        this.weights[STRIDE * sample + 1 + tap] = parts ? Math.round(weight * parts) / parts : weight;
      }
    }
  }

  /** Places of the four old samples of a new one, of `old` in all, and their weights. */
  of(sample: number, old: number): { place: number; weight: number }[] {
    const at = STRIDE * sample;
    return [0, 1, 2, 3].map((tap) => ({
      place: Math.min(Math.max(this.places[at]! + tap, 0), old - 1),
      weight: this.weights[at + 1 + tap]!,
    }));
  }
}

function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

function resampleColumns(plane: FloatPlane, taps: CubicTaps): FloatPlane {
  const result = floatPlane(taps.count, plane.height);
  for (let x = 0; x < result.width; x++) {
    for (const { place, weight } of taps.of(x, plane.width)) {
      for (let y = 0; y < plane.height; y++) {
        result.data[y * result.width + x]! += weight * plane.data[y * plane.width + place]!;
      }
    }
  }
  return result;
}

function resampleRows(plane: FloatPlane, taps: CubicTaps): FloatPlane {
  const { width } = plane;
  const result = floatPlane(width, taps.count);
  for (let y = 0; y < result.height; y++) {
    for (const { place, weight } of taps.of(y, plane.height)) {
      for (let x = 0; x < width; x++) result.data[y * width + x]! += weight * plane.data[place * width + x]!;
    }
  }
  return result;
}

/** Enlarges a plane of bytes. It goes on at its borders. */
export function enlarge({ width, height, data }: GrayPlane, to: Size): GrayPlane {
  let plane = floatPlane(width, height, Float32Array.from(data));
  const taps = (from: number, count: number) => new CubicTaps(from, count, ENLARGE_SHARPNESS, BYTE_WEIGHTS);
  if (width !== to.width) plane = resampleColumns(plane, taps(width, to.width));
  if (height !== to.height) plane = resampleRows(plane, taps(height, to.height));
  // Which rounds, and clips.
  return grayPlane(to.width, to.height, new Uint8Array(Uint8ClampedArray.from(plane.data)));
}

/**
 * Cuts the top left part out of a plane, whose sides may end within a pixel, as `resizing.cut` does.
 *
 * @param width of the part in pixels, not always whole; `height` likewise. The result has them rounded up.
 */
export function cut(plane: FloatPlane, width: number, height: number): FloatPlane {
  let result = plane;
  const [columns, rows] = [Math.ceil(width), Math.ceil(height)];
  if (height !== rows) result = resampleRows(result, new CubicTaps(height, rows, CUT_SHARPNESS));
  if (width !== columns) result = resampleColumns(result, new CubicTaps(width, columns, CUT_SHARPNESS));
  return crop(result, columns, rows);
}

/** The top left part of a plane. */
export function crop(plane: FloatPlane, width: number, height: number): FloatPlane {
  if (width === plane.width && height === plane.height) return plane;
  const result = floatPlane(width, height);
  for (let y = 0; y < height; y++) {
    result.data.set(plane.data.subarray(y * plane.width, y * plane.width + width), y * width);
  }
  return result;
}
