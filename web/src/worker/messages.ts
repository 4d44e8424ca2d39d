/** What the page and its worker tell each other. */

import type { Backend, BackendChoice } from '../network/backends';
import type { GrayPlane } from '../pipeline/plane';

export interface Options {
  /** Factor of the chroma. */
  readonly vividness: number;
  /** Pixels of a side of what the network sees. */
  readonly size: number;
}

export type Stage = 'decode' | 'network' | 'colors' | 'encode';

/** Milliseconds of each stage. */
export type Times = Record<Stage, number>;

export interface Result {
  readonly blob: Blob;
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly thumbnail: Blob;
  readonly saliency: SaliencyMap | null;
  readonly times: Times;
}

/** A saliency map, 255 is salient, at the network's size. */
export type SaliencyMap = GrayPlane;

export interface Started {
  readonly backend: Backend;
  readonly threads: number;
  /** Why this backend is taken, if that is not plain; else empty. */
  readonly note: string;
  /** Addresses of the files that were loaded for it. */
  readonly files: readonly string[];
}

export type Request =
  | { readonly kind: 'start'; readonly base: string; readonly backend: BackendChoice; readonly threads: number }
  | { readonly kind: 'colorize'; readonly id: number; readonly file: File; readonly options: Options }
  | { readonly kind: 'preview'; readonly id: number; readonly vividness: number; readonly pixels: number }
  | { readonly kind: 'cancel'; readonly id: number }
  | { readonly kind: 'forget'; readonly id: number };

export type Answer =
  | { readonly kind: 'started'; readonly started: Started }
  | { readonly kind: 'not-started'; readonly message: string }
  | { readonly kind: 'stage'; readonly id: number; readonly stage: Stage; readonly share: number }
  | { readonly kind: 'colorized'; readonly id: number; readonly result: Result }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'cancelled'; readonly id: number }
  | { readonly kind: 'previewed'; readonly id: number; readonly picture: ImageBitmap | null };
