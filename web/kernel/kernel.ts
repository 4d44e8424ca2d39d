/**
 * What is done with every pixel of a photo, in AssemblyScript for WASM with SIMD.
 *
 * It works on memory that it is given, by addresses; `src/pipeline/kernel.ts` lays it out. What it computes is what
 * `keras_scgan.photos.color`, `photos.resizing` and `colorizing.upsampling` compute.
 */

// === Luma ===

/** Writes the luma of RGBA pixels, as OpenCV rounds it. Returns whether one of them is not opaque. */
export function luma(rgba: usize, count: usize, target: usize): bool {
  let common: u32 = 0xffffffff;
  for (const end = target + count; target < end; target++, rgba += 4) {
    const pixel = load<u32>(rgba);
    common &= pixel;
    // 0.299, 0.587, 0.114
    const sum = (pixel & 0xff) * 9798 + ((pixel >> 8) & 0xff) * 19235 + ((pixel >> 16) & 0xff) * 3735;
    store<u8>(target, (sum + (1 << 14)) >> 15);
  }
  return common >> 24 != 0xff;
}

// === Averages ===

/** How much of a last row or column has to be wanted for it to be looked at: less is an error of rounding. */
const LEAST_SHARE: f64 = 1e-6;

/**
 * Averages a plane of bytes to a smaller one, rounded.
 *
 * @param sums room for a row of the plane, as f32.
 */
// prettier-ignore
export function shrinkBytes(
  source: usize, width: i32, height: i32, target: usize, newWidth: i32, newHeight: i32, sums: usize,
): void {
  shrink<u8>(source, width, height, target, newWidth, newHeight, sums);
}

/** Averages a plane of f32; see `shrinkBytes`. */
// prettier-ignore
export function shrinkFloats(
  source: usize, width: i32, height: i32, target: usize, newWidth: i32, newHeight: i32, sums: usize,
): void {
  shrink<f32>(source, width, height, target, newWidth, newHeight, sums);
}

// prettier-ignore
function shrink<T>(
  source: usize, width: i32, height: i32, target: usize, newWidth: i32, newHeight: i32, sums: usize,
): void {
  const rowStep = <f64>height / <f64>newHeight;
  const columnStep = <f64>width / <f64>newWidth;
  const area = rowStep * columnStep;
  for (let y = 0; y < newHeight; y++) {
    sumRows<T>(source, width, height, <f64>y * rowStep, <f64>(y + 1) * rowStep, sums);
    for (let x = 0; x < newWidth; x++) {
      const mean = sumColumns(sums, <f64>x * columnStep, min(<f64>width, <f64>(x + 1) * columnStep)) / area;
      if (sizeof<T>() == 1) store<u8>(target, <u8>nearest(mean));
      else store<f32>(target, <f32>mean);
      target += sizeof<T>();
    }
  }
}

function sumRows<T>(source: usize, width: i32, height: i32, start: f64, end: f64, sums: usize): void {
  memory.fill(sums, 0, 4 * <usize>width);
  const last = min(height, <i32>ceil(end - LEAST_SHARE));
  for (let row = <i32>floor(start + LEAST_SHARE); row < last; row++) {
    const share = <f32>(min(<f64>(row + 1), end) - max(<f64>row, start));
    addRow<T>(source + <usize>row * <usize>width * sizeof<T>(), width, share, sums);
  }
}

function addRow<T>(row: usize, count: usize, share: f32, sums: usize): void {
  let i: usize = 0;
  if (sizeof<T>() == 1) {
    for (const factor = f32x4.splat(share); i + 8 <= count; i += 8) {
      const words = v128.load_ext<u8>(row + i);
      addTo(sums + 4 * i, i32x4.extend_low_i16x8_u(words), factor);
      addTo(sums + 4 * i + 16, i32x4.extend_high_i16x8_u(words), factor);
    }
  }
  for (; i < count; i++) {
    const at = sums + 4 * i;
    store<f32>(at, load<f32>(at) + share * <f32>load<T>(row + i * sizeof<T>()));
  }
}

function addTo(sums: usize, values: v128, factor: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), f32x4.mul(f32x4.convert_i32x4_s(values), factor)));
}

function sumColumns(sums: usize, start: f64, end: f64): f64 {
  const first = <i32>floor(start + LEAST_SHARE);
  const last = <i32>ceil(end - LEAST_SHARE) - 1;
  let sum = <f64>load<f32>(sums + 4 * <usize>first) * (min(<f64>(first + 1), end) - start);
  for (let column = first + 1; column < last; column++) sum += <f64>load<f32>(sums + 4 * <usize>column);
  return last > first ? sum + <f64>load<f32>(sums + 4 * <usize>last) * (end - <f64>last) : sum;
}

// === Enlarging ===

/** Bytes of a pixel of a model: f32 slope of Cb, slope of Cr, offset of Cb, offset of Cr. */
const VECTOR: usize = 16;

/** Pixels beyond each end of a row, so that every tap of the cubics falls into it. */
const MARGIN: usize = 2;

/** Bytes of the taps of a sample: i32 place of the first of four old samples, and their f32 weights. */
const TAPS: usize = 20;

/**
 * A row of a model that is enlarged by rows, still `width` wide.
 *
 * @param taps of the row.
 * @param inner room for the row, with a margin at both ends.
 */
function blendRows(model: usize, width: i32, height: i32, taps: usize, factor: f32, inner: usize): void {
  const bytes = <usize>width * VECTOR;
  memory.fill(inner, 0, bytes);
  for (let tap = 0; tap < 4; tap++) {
    const weight = f32x4.splat(load<f32>(taps + 4 * <usize>tap, 4) * factor);
    const from = model + <usize>max(0, min(height - 1, load<i32>(taps) + tap)) * bytes;
    for (let at: usize = 0; at < bytes; at += VECTOR) {
      v128.store(inner + at, f32x4.add(v128.load(inner + at), f32x4.mul(v128.load(from + at), weight)));
    }
  }
  fillMargins(inner, bytes, MARGIN);
}

/** Lets a row go on at both ends. */
function fillMargins(inner: usize, bytes: usize, count: usize): void {
  const first = v128.load(inner);
  const last = v128.load(inner + bytes - VECTOR);
  for (let i: usize = 0; i < count; i++) {
    v128.store(inner - (i + 1) * VECTOR, first);
    v128.store(inner + bytes + i * VECTOR, last);
  }
}

function enlarged(inner: usize, taps: usize): v128 {
  const at = inner + VECTOR * <usize>load<i32>(taps);
  const left = f32x4.add(
    f32x4.mul(v128.load(at), v128.load_splat<f32>(taps, 4)),
    f32x4.mul(v128.load(at, 16), v128.load_splat<f32>(taps, 8)),
  );
  const right = f32x4.add(
    f32x4.mul(v128.load(at, 32), v128.load_splat<f32>(taps, 12)),
    f32x4.mul(v128.load(at, 48), v128.load_splat<f32>(taps, 16)),
  );
  return f32x4.add(left, right);
}

/** Chroma of a model at a luma: Cb, Cr, Cb, Cr. `one` is white, in the unit of the luma. */
function chromaAt(model: v128, level: f32, one: f32): v128 {
  const terms = f32x4.mul(model, f32x4(level, level, one, one));
  return f32x4.add(terms, v128.shuffle<f32>(terms, terms, 2, 3, 0, 1));
}

// === Guided filter ===

/** Variance of luma (range 1) in a 3x3 window above which its edges are taken for edges of chroma. */
const EDGE_VARIANCE: f32 = 1e-2;

/** Rows of a ring: three are needed at once, and a power of two is cheap. */
const RING: usize = 4;

/** Bytes of room that `refine` needs. */
export function refineRoom(width: i32, newWidth: i32): usize {
  const row = <usize>newWidth * VECTOR;
  return (<usize>width + 2 * MARGIN) * VECTOR + 3 * (RING * row + row + 2 * VECTOR);
}

/**
 * A model that follows the edges of a larger luma: chroma as a linear function of the luma in 3x3 windows, through what
 * the smaller model says of each pixel.
 *
 * @param columns taps of the columns; `rows` likewise.
 * @param guide luma of the larger size, bytes.
 * @param refined room for the result, `VECTOR` bytes for each pixel of the guide.
 * @param room see `refineRoom`.
 */
// prettier-ignore
export function refine(
  model: usize, width: i32, height: i32, columns: usize, rows: usize, guide: usize, newWidth: i32,
  newHeight: i32, refined: usize, room: usize,
): void {
  const bytes = <usize>newWidth * VECTOR;
  const inner = room + MARGIN * VECTOR;
  const chromaSums = inner + (<usize>width + MARGIN) * VECTOR;
  const lumaSums = chromaSums + RING * bytes;
  const slopeSums = lumaSums + RING * bytes;
  const chromaRow = slopeSums + RING * bytes + VECTOR;
  const lumaRow = chromaRow + bytes + 2 * VECTOR;
  const slopeRow = lumaRow + bytes + 2 * VECTOR;
  for (let y = 0; y < newHeight + 2; y++) {
    if (y < newHeight) {
      blendRows(model, width, height, rows + <usize>y * TAPS, 1, inner);
      readRow(
        inner,
        columns,
        guide + <usize>y * <usize>newWidth,
        newWidth,
        refined + <usize>y * bytes,
        chromaRow,
        lumaRow,
      );
      addNeighbours(chromaRow, bytes, chromaSums + (<usize>y % RING) * bytes);
      addNeighbours(lumaRow, bytes, lumaSums + (<usize>y % RING) * bytes);
    }
    const middle = y - 1;
    if (middle >= 0 && middle < newHeight) {
      for (let at: usize = 0; at < bytes; at += VECTOR) {
        v128.store(
          slopeRow + at,
          slopeOf(
            windowMean(chromaSums, bytes, middle, newHeight, at),
            windowMean(lumaSums, bytes, middle, newHeight, at),
          ),
        );
      }
      addNeighbours(slopeRow, bytes, slopeSums + (<usize>middle % RING) * bytes);
    }
    const done = y - 2;
    if (done < 0) continue;
    const target = refined + <usize>done * bytes;
    for (let x = 0; x < newWidth; x++) {
      const at = <usize>x * VECTOR;
      const slope = windowMean(slopeSums, bytes, done, newHeight, at);
      const level = f32x4.splat(<f32>load<u8>(guide + <usize>done * <usize>newWidth + <usize>x) / 255);
      const offset = f32x4.sub(v128.load(target + at), f32x4.mul(slope, level));
      v128.store(target + at, v128.shuffle<f32>(slope, offset, 0, 1, 4, 5));
    }
  }
}

/**
 * What the windows are made of, for a row: Cb and Cr, those times the luma, the luma, and its square.
 *
 * @param chroma row of the result, which gets Cb, Cr, Cb, Cr.
 */
// prettier-ignore
function readRow(
  inner: usize, taps: usize, guide: usize, width: i32, chroma: usize, chromaRow: usize, lumaRow: usize,
): void {
  for (let x = 0; x < width; x++) {
    const at = <usize>x * VECTOR;
    const level = <f32>load<u8>(guide + <usize>x) / 255;
    const value = chromaAt(enlarged(inner, taps + <usize>x * TAPS), level, 1);
    v128.store(chroma + at, value);
    v128.store(chromaRow + at, f32x4.mul(value, f32x4(1, 1, level, level)));
    v128.store(lumaRow + at, f32x4(level, level, level * level, level * level));
  }
}

/** Sums of three pixels side by side. The row, which has room for a pixel at each end, goes on there. */
function addNeighbours(row: usize, bytes: usize, sums: usize): void {
  fillMargins(row, bytes, 1);
  for (let at: usize = 0; at < bytes; at += VECTOR) {
    const sides = f32x4.add(v128.load(row + at - VECTOR), v128.load(row + at + VECTOR));
    v128.store(sums + at, f32x4.add(sides, v128.load(row + at)));
  }
}

function windowMean(sums: usize, bytes: usize, y: i32, height: i32, at: usize): v128 {
  const above = v128.load(sums + (<usize>max(y - 1, 0) % RING) * bytes + at);
  const middle = v128.load(sums + (<usize>y % RING) * bytes + at);
  const below = v128.load(sums + (<usize>min(y + 1, height - 1) % RING) * bytes + at);
  return f32x4.mul(f32x4.add(f32x4.add(above, below), middle), f32x4.splat(1.0 / 9));
}

/** Covariance of Cb and of Cr with the luma over its variance, of means as of `readRow`, in the first two lanes. */
function slopeOf(chroma: v128, luma: v128): v128 {
  const products = v128.shuffle<f32>(chroma, chroma, 2, 3, 0, 1);
  const squares = v128.shuffle<f32>(luma, luma, 2, 3, 0, 1);
  const covariance = f32x4.sub(products, f32x4.mul(chroma, luma));
  const variance = f32x4.sub(squares, f32x4.mul(luma, luma));
  return f32x4.div(covariance, f32x4.add(variance, f32x4.splat(EDGE_VARIANCE)));
}

// === Luminance transplant ===

/** Bits of the fractions by which OpenCV turns Cr and Cb into red, green and blue: 1.403, -0.714, -0.344, 1.773. */
const SHIFT: i32 = 14;

/**
 * Puts colours on rows of a photo, clipped to the RGB cube. Alpha stays as it is.
 *
 * @param columns taps of the columns of the photo; `rows` likewise.
 * @param gray luma of the photo, all of it.
 * @param top the first of the rows that are painted, `count` of them.
 * @param rgba pixels of these rows.
 * @param room for a row of the model, with margins.
 */
// prettier-ignore
export function paint(
  model: usize, width: i32, height: i32, columns: usize, rows: usize, gray: usize, newWidth: i32, top: i32,
  count: i32, vividness: f32, rgba: usize, room: usize,
): void {
  const inner = room + MARGIN * VECTOR;
  // Red, green and blue of the first of Cr, Cb, Cb and then of Cr.
  const factors = i32x4(22987, -5636, 29049, 0);
  const more = i32x4(0, -11698, 0, 0);
  let from = gray + <usize>top * <usize>newWidth;
  for (let y = top; y < top + count; y++) {
    blendRows(model, width, height, rows + <usize>y * TAPS, vividness, inner);
    const end = columns + <usize>newWidth * TAPS;
    for (let tap = columns; tap < end; tap += TAPS, from++, rgba += 4) {
      const level = load<u8>(from);
      const chroma = toLevels(chromaAt(enlarged(inner, tap), <f32>level, 255));
      const terms = i32x4.add(
        i32x4.mul(v128.shuffle<i32>(chroma, chroma, 1, 0, 0, 0), factors),
        i32x4.mul(v128.shuffle<i32>(chroma, chroma, 1, 1, 1, 1), more),
      );
      const rounded = i32x4.shr_s(i32x4.add(terms, i32x4.splat(1 << (SHIFT - 1))), SHIFT);
      const pixel = i32x4.replace_lane(i32x4.add(rounded, i32x4.splat(level)), 3, load<u8>(rgba, 3));
      const words = i16x8.narrow_i32x4_s(pixel, pixel);
      store<i32>(rgba, i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0));
    }
  }
}

/** Chroma rounded and clipped to what 8 bits hold, without its middle of 128. */
function toLevels(chroma: v128): v128 {
  const rounded = i32x4.trunc_sat_f32x4_s(f32x4.nearest(chroma));
  return i32x4.max_s(i32x4.min_s(rounded, i32x4.splat(127)), i32x4.splat(-128));
}
