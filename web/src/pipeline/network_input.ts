/** What the network sees of a photo, as `Colorizer.prepare` and `color.stretch_luma` make it. */

import { enlarge } from './cubics';
import type { GrayPlane, Size } from './plane';

/** One pixel in so many may be beyond what is made black, and one beyond what is made white. */
const STRETCH_TAIL = 200;

/** Of 2. Luma of a smaller range is stretched no more than luma of this one, so that a blank photo stays blank. */
const MIN_STRETCHED_RANGE = 0.25;

/** Width and height that a photo takes of the network's square, from the top left corner. */
export function contentSize({ width, height }: Size, square: number): Size {
  const longest = Math.max(width, height);
  const side = (length: number) => Math.max(1, roundHalfEven((square * length) / longest));
  return { width: side(width), height: side(height) };
}

/** Rounds to the nearest integer, halves to the even one, as Python does. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The photo as the network's input: continued to a square by its mirror image, in [-1, 1].
 *
 * @param small the photo, at most as large as it is in the square.
 * @param content size that it has in the square: see `contentSize`.
 * @param square pixels of a side of what the network sees.
 * @param stretch whether it is to see the luma with the full contrast.
 * @returns `square * square` values, row by row.
 */
export function networkInput(small: GrayPlane, content: Size, square: number, stretch: boolean): Float32Array {
  const { width, height, data } = enlarge(small, content);
  const levels = new Uint8Array(square * square);
  for (let y = 0; y < square; y++) {
    const start = reflect(y, height) * width;
    for (let x = 0; x < square; x++) levels[y * square + x] = data[start + reflect(x, width)]!;
  }
  const [low, high] = stretch ? tailsOf(levels).map(normalize) : [-1, 1];
  const gain = 2 / Math.max(high! - low!, MIN_STRETCHED_RANGE);
  const middle = (low! + high!) / 2;
  return Float32Array.from(levels, (level) => Math.min(1, Math.max(-1, (normalize(level) - middle) * gain)));
}

/** Maps levels in [0, 255] to the networks' range [-1, 1]. */
function normalize(level: number): number {
  return level / 127.5 - 1;
}

/** Index within `count` of what the mirror images beyond the end show. */
function reflect(index: number, count: number): number {
  const place = index % (2 * count);
  return place < count ? place : 2 * count - 1 - place;
}

/** Levels between which all pixels are but for the tails. */
function tailsOf(levels: Uint8Array): [number, number] {
  const counts = new Uint32Array(256);
  for (const level of levels) counts[level]!++;
  const tail = Math.floor(levels.length / STRETCH_TAIL);
  return [ranked(counts, tail), ranked(counts, levels.length - 1 - tail)];
}

/** The level of a rank, 0 for the lowest. Args: `counts`, how many pixels have each level. */
function ranked(counts: Uint32Array, rank: number): number {
  let level = 0;
  for (let below = counts[0]!; below <= rank; below += counts[level]!) level++;
  return level;
}
