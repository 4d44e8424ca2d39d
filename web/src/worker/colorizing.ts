/** The way of a photo from a file to the file of its colour version. */

import { outputName, type Format } from '../files/formats';
import type { Photo, Strip } from '../pipeline/photo';
import type { Prediction } from '../pipeline/prediction';
import { blankCanvas, decode, photoOf } from './decoding';
import { encode, mapOf, thumbnailOf } from './encoding';
import type { Options, Result, Stage, Times } from './messages';

/** Predicts the colours of a photo: see `Network.predict`. */
export type Predict = (input: Float32Array, size: number) => Promise<Prediction>;

/** Told of each stage as it begins and goes on; throws to stop. `share` is how much of it is done, in [0, 1]. */
export type Report = (stage: Stage, share: number) => Promise<void>;

/** A photo that has its colours, kept so that it can be shown and written with more or less of them. */
interface Opened {
  readonly id: number;
  readonly format: Format;
  readonly photo: Photo;
  /** Pixels of a side at which the network saw it. */
  readonly size: number;
}

/** Colorizes photos one after the other. What is predicted of a photo is kept until it is forgotten. */
export class PhotoColorizer {
  private readonly predictions = new Map<number, Prediction>();
  private opened: Opened | null = null;
  /** The opened photo at the size of previews. */
  private small: Photo | null = null;

  constructor(
    private readonly predict: Predict,
    private readonly stretchLuma: boolean,
  ) {}

  /**
   * Colorizes a photo. One that was predicted at this size before is not predicted again.
   *
   * @param id names the photo in later calls.
   * @throws BadFileError if it is no photo.
   */
  async colorize(id: number, file: File, options: Options, report: Report): Promise<Result> {
    const watch = new Watch();
    await report('decode', 0);
    // An opaque photo that is open still is painted on a new canvas: its luma is all that is needed of it.
    const open = this.opened?.id === id && this.opened.size === options.size && !this.opened.photo.hasAlpha;
    if (!open) this.close();
    const decoded = open ? null : await decode(file);
    const photo = decoded ? photoOf(decoded) : this.opened!.photo;
    const format = decoded?.format ?? this.opened!.format;
    const known = this.predictions.get(id);
    const input = known?.square === options.size ? null : photo.networkInput(options.size, this.stretchLuma);
    watch.end('decode');

    await report('network', 0);
    const prediction = input ? await this.predict(input, options.size) : known!;
    this.predictions.set(id, prediction);
    watch.end('network');

    await report('colors', 0);
    if (decoded) photo.setColors(prediction);
    this.opened = { id, format, photo, size: options.size };
    const { canvas, context } = decoded ?? blankCanvas(photo.width, photo.height);
    await paint(context, photo, options.vividness, report);
    watch.end('colors');

    await report('encode', 0);
    const encoded = await encode(canvas, format, file);
    const thumbnail = await thumbnailOf(canvas);
    watch.end('encode');
    return {
      blob: encoded.blob,
      name: outputName(file.name, encoded.format),
      width: photo.width,
      height: photo.height,
      thumbnail,
      saliency: mapOf(prediction, photo),
      times: watch.times,
    };
  }

  /**
   * The photo that was colorized last, small, with other colours.
   *
   * @param pixels that it has at most.
   * @returns `null` if it was another one.
   */
  preview(id: number, vividness: number, pixels: number): ImageBitmap | null {
    const prediction = this.predictions.get(id);
    if (this.opened?.id !== id || !prediction) return null;
    if (!this.small) {
      this.small = this.opened.photo.smaller(pixels);
      this.small.setColors(prediction);
    }
    const { canvas, context } = blankCanvas(this.small.width, this.small.height);
    for (const strip of this.small.strips()) paintStrip(context, this.small, strip, vividness);
    return canvas.transferToImageBitmap();
  }

  /** Forgets what is predicted of a photo. */
  forget(id: number): void {
    this.predictions.delete(id);
    if (this.opened?.id === id) this.close();
  }

  private close(): void {
    this.opened = null;
    this.small = null;
  }
}

type Context = OffscreenCanvasRenderingContext2D;

async function paint(context: Context, photo: Photo, vividness: number, report: Report): Promise<void> {
  for (const strip of photo.strips()) {
    paintStrip(context, photo, strip, vividness);
    await report('colors', (strip.top + strip.rows) / photo.height);
  }
}

function paintStrip(context: Context, photo: Photo, strip: Strip, vividness: number): void {
  const { width, hasAlpha } = photo;
  const { top, rows } = strip;
  const before = hasAlpha ? context.getImageData(0, top, width, rows).data : undefined;
  context.putImageData(new ImageData(photo.paint(strip, vividness, before), width, rows), 0, top);
}

class Watch {
  readonly times: Times = { decode: 0, network: 0, colors: 0, encode: 0 };
  private last = performance.now();

  end(stage: Stage): void {
    const now = performance.now();
    this.times[stage] = now - this.last;
    this.last = now;
  }
}
