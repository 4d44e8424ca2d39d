/** A photo that gets colours: its luma, and what `Colorizer` does with it. */

import { CubicTaps } from './cubics';
import { Kernel } from './kernel';
import { contentSize, networkInput } from './network_input';
import { grayPlane, type FloatPlane, type GrayPlane, type Size } from './plane';
import { chromaOf, type Prediction } from './prediction';

/** Size up to which a picture is doubled step by step, each guided by the photo's luma at that size. */
const GUIDED_PIXELS = 1 << 20;

/** Numbers of a pixel of a model: slopes of Cb and Cr, offsets of Cb and Cr. */
const MODEL_NUMBERS = 4;

/** Pixels that a strip has at most, unless one row has more. */
const STRIP_PIXELS = 1 << 20;

/** A model of the chroma in the kernel's memory, with the taps that enlarge it to the photo's size. */
interface Model extends Size {
  readonly at: number;
  readonly columns: number;
  readonly rows: number;
  readonly room: number;
}

/** Rows of a photo. */
export interface Strip {
  readonly top: number;
  readonly rows: number;
}

export class Photo implements Size {
  /** Whether a pixel of it is not opaque. */
  hasAlpha = false;
  private readonly kernel = new Kernel();
  private readonly gray: number;
  private readonly rgba: number;
  /** Where the model begins in the kernel's memory. */
  private readonly mark: number;
  private readonly stripRows: number;
  private model: Model | null = null;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.stripRows = Math.min(height, Math.max(1, Math.floor(STRIP_PIXELS / width)));
    this.gray = this.kernel.take(width * height);
    this.rgba = this.kernel.take(4 * width * this.stripRows);
    this.mark = this.kernel.mark();
  }

  /** The strips that it is read and painted in. */
  *strips(): Generator<Strip> {
    for (let top = 0; top < this.height; top += this.stripRows) {
      yield { top, rows: Math.min(this.stripRows, this.height - top) };
    }
  }

  /** Reads the luma of a strip. Args: `rgba`, its pixels. */
  read({ top, rows }: Strip, rgba: Uint8ClampedArray): void {
    this.kernel.bytes(this.rgba, rgba.length).set(rgba);
    const isClear = this.kernel.run.luma(this.rgba, this.width * rows, this.gray + this.width * top);
    if (isClear) this.hasAlpha = true;
  }

  /** The luma. It is void once the photo gets colours. */
  get luma(): Uint8Array {
    return this.kernel.bytes(this.gray, this.width * this.height);
  }

  /** The photo as a smaller one, of at most so many pixels, or of its own size. */
  smaller(pixels: number): Photo {
    const scale = Math.min(1, Math.sqrt(pixels / (this.width * this.height)));
    const side = (length: number) => Math.max(1, Math.round(length * scale));
    const { width, height, data } = this.shrunk({ width: side(this.width), height: side(this.height) });
    const small = new Photo(width, height);
    small.luma.set(data);
    return small;
  }

  /** What a network sees of it: see `networkInput`. */
  networkInput(square: number, stretch: boolean): Float32Array {
    const content = contentSize(this, square);
    return networkInput(this.shrunk(content), content, square, stretch);
  }

  /** The luma, with the sides averaged that are longer than those given. */
  private shrunk(to: Size): GrayPlane {
    const mark = this.kernel.mark();
    const { width, height, at } = this.shrink(this.gray, this, to);
    const data = this.kernel.bytes(at, width * height).slice();
    this.kernel.release(mark);
    return grayPlane(width, height, data);
  }

  /** Averages the sides of a plane of bytes in the kernel's memory that are longer than those given. */
  private shrink(at: number, from: Size, to: Size): Size & { at: number } {
    const [width, height] = [Math.min(from.width, to.width), Math.min(from.height, to.height)];
    const target = this.kernel.take(width * height);
    const sums = this.kernel.take(4 * from.width);
    this.kernel.run.shrinkBytes(at, from.width, from.height, target, width, height, sums);
    return { width, height, at: target };
  }

  /** Takes the colours that were predicted for it. */
  setColors(prediction: Prediction): void {
    this.kernel.release(this.mark);
    const [cb, cr] = chromaOf(prediction, this).map((plane) => this.shrinkChroma(plane)) as [FloatPlane, FloatPlane];
    // Of no slope: this model is chroma alone.
    const first = new Float32Array(MODEL_NUMBERS * cb.data.length);
    cb.data.forEach((value, i) => first.set([value, cr.data[i]!], MODEL_NUMBERS * i + 2));
    let model = { width: cb.width, height: cb.height, at: this.kernel.put(first) };
    for (const guide of this.guides(cb)) {
      const at = this.kernel.take(4 * MODEL_NUMBERS * guide.width * guide.height);
      const [columns, rows] = this.putTaps(model, guide);
      const room = this.kernel.take(this.kernel.run.refineRoom(model.width, guide.width));
      // prettier-ignore
      this.kernel.run.refine(
        model.at, model.width, model.height, columns, rows, guide.at, guide.width, guide.height, at, room,
      );
      model = { width: guide.width, height: guide.height, at };
    }
    const [columns, rows] = this.putTaps(model, this);
    const room = this.kernel.take(this.kernel.run.refineRoom(model.width, 0));
    this.model = { ...model, columns, rows, room };
  }

  /** Chroma that is no larger than the photo. */
  private shrinkChroma(plane: FloatPlane): FloatPlane {
    const [width, height] = [Math.min(plane.width, this.width), Math.min(plane.height, this.height)];
    if (width === plane.width && height === plane.height) return plane;
    const source = this.kernel.put(plane.data);
    const target = this.kernel.take(4 * width * height);
    const sums = this.kernel.take(4 * plane.width);
    this.kernel.run.shrinkFloats(source, plane.width, plane.height, target, width, height, sums);
    return { width, height, data: this.kernel.floats(target, width * height).slice() };
  }

  /** The luma at sizes that double, from a small one up to what is near its own or large enough. */
  private guides(smallest: Size): (Size & { at: number })[] {
    const sizes: Size[] = [smallest];
    for (let { width, height } = smallest; width !== this.width || height !== this.height;) {
      width = Math.min(2 * width, this.width);
      height = Math.min(2 * height, this.height);
      if ((width === this.width && height === this.height) || width * height > GUIDED_PIXELS) break;
      sizes.push({ width, height });
    }
    let guide: Size & { at: number } = { width: this.width, height: this.height, at: this.gray };
    const guides = sizes.reverse().map((size) => (guide = this.shrink(guide.at, guide, size)));
    return guides.reverse();
  }

  private putTaps(from: Size, to: Size): [columns: number, rows: number] {
    const columns = this.kernel.put(new CubicTaps(from.width, to.width).places);
    return [columns, this.kernel.put(new CubicTaps(from.height, to.height).places)];
  }

  /**
   * Puts its colours on a strip.
   *
   * @param vividness factor of the chroma.
   * @param rgba pixels of the strip, whose alpha is kept. Without them, all are opaque.
   * @returns RGBA, in memory of the kernel: void once the photo does anything else.
   */
  paint({ top, rows }: Strip, vividness: number, rgba?: Uint8ClampedArray): Uint8ClampedArray<ArrayBuffer> {
    if (!this.model) throw new Error('The photo has no colours.');
    const { at, width, height, columns, rows: rowTaps, room } = this.model;
    const painted = this.kernel.bytes(this.rgba, 4 * this.width * rows);
    if (rgba) painted.set(rgba);
    else painted.fill(255);
    // prettier-ignore
    this.kernel.run.paint(
      at, width, height, columns, rowTaps, this.gray, this.width, top, rows, vividness, this.rgba, room,
    );
    return new Uint8ClampedArray(painted.buffer, painted.byteOffset, painted.length);
  }
}
