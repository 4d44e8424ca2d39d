/** Which of the ways to run the network is taken. */

import type { Prediction } from '../pipeline/prediction';

export const BACKENDS = ['wasm', 'webgpu'] as const;
export type Backend = (typeof BACKENDS)[number];

/** What a visitor may ask for: a backend, or that the best one is taken. */
export type BackendChoice = Backend | 'auto';

/** A network that is ready to run at one size. */
export interface Runner {
  readonly backend: Backend;
  /**
   * Predicts the colours of one photo.
   *
   * @param input as of `networkInput`.
   */
  run(input: Float32Array): Promise<Prediction>;
  delete(): void;
}

/** Makes a runner. It rejects where the browser cannot run the network so. */
export type Compile = (backend: Backend) => Promise<Runner>;

/** What the browser has for WebGPU: software is far slower than WASM. */
export type Gpu = 'none' | 'software' | 'hardware';

export interface Chosen {
  readonly runner: Runner;
  /** Why another backend than was asked for, or than could be expected, is taken; else empty. */
  readonly note: string;
}

/** Of the chroma, in [-1, 1]: more than this would be seen, as more than 2 of 255. */
export const SAME_CHROMA = 2 / 127.5;

export function isBackendChoice(value: unknown): value is BackendChoice {
  return value === 'auto' || BACKENDS.includes(value as Backend);
}

/**
 * Chooses: WebGPU if it is there, is not ruled out, and predicts what WASM predicts; otherwise WASM.
 *
 * @param input a small picture by which the two are compared, as of `networkInput`.
 */
export async function chooseBackend(
  choice: BackendChoice,
  gpu: Gpu,
  compile: Compile,
  input: Float32Array,
): Promise<Chosen> {
  const wasm = await compile('wasm');
  if (choice === 'wasm' || (choice === 'auto' && gpu !== 'hardware')) return { runner: wasm, note: '' };
  if (gpu === 'none') return { runner: wasm, note: 'This browser has no WebGPU.' };
  let webgpu: Runner | null = null;
  let note: string;
  try {
    webgpu = await compile('webgpu');
    if (webgpu.backend !== 'webgpu') throw new Error('it lacks an operation');
    const difference = largestDifference((await wasm.run(input)).chroma, (await webgpu.run(input)).chroma);
    if (difference <= SAME_CHROMA) {
      wasm.delete();
      return { runner: webgpu, note: '' };
    }
    note = `WebGPU predicts other colours here (${(50 * difference).toFixed(1)} % away).`;
  } catch (error) {
    note = `WebGPU does not run the network here (${messageOf(error)}).`;
  }
  webgpu?.delete();
  return { runner: wasm, note };
}

/** A value that is no number is as far away as can be. */
function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => {
    const difference = Math.abs(value - b[i]!);
    return Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }, 0);
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A picture by which backends are compared, `size * size` values in [-1, 1]: shades, edges and texture. */
export function testPicture(size: number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [(i % size) / size, Math.floor(i / size) / size];
    const shade = Math.sin(9 * x) * Math.cos(7 * y);
    return Math.hypot(x - 0.5, y - 0.4) < 0.25 ? -shade : 0.7 * shade + 0.3 * Math.sign(Math.sin(60 * x * y));
  });
}
