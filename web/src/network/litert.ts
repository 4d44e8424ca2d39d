/** The network in LiteRT.js. */

import { getWebGpuDevice, loadAndCompile, loadLiteRt, supportsFeature, Tensor } from '@litertjs/core';
import type { Prediction } from '../pipeline/prediction';
import {
  chooseBackend,
  testPicture,
  type Backend,
  type BackendChoice,
  type Chosen,
  type Gpu,
  type Runner,
} from './backends';
import { resized, type NetworkInfo } from './sizes';

/** More threads than this gain nothing: the network is small. */
const MAX_THREADS = 4;

/** The network, which runs at one size at a time. */
export class Network {
  readonly backend: Backend;
  /** Why this backend is taken, if that is not plain; else empty. */
  readonly note: string;
  private runner: Runner | null;
  private size: number;

  private constructor(
    private readonly info: NetworkInfo,
    private readonly model: Uint8Array,
    /** Threads of WASM. */
    readonly threads: number,
    { runner, note }: Chosen,
  ) {
    this.backend = runner.backend;
    this.note = note;
    this.runner = runner;
    this.size = info.size;
  }

  /**
   * Loads LiteRT.js and the network, and chooses the backend.
   *
   * @param base address that the addresses of files are relative to.
   * @param threads of WASM that are wanted; 0 for as many as are good.
   */
  static async load(info: NetworkInfo, base: string, choice: BackendChoice, threads: number): Promise<Network> {
    const used = await threadsFor(threads);
    const [model] = await Promise.all([
      fetchBytes(new URL(info.url, base)),
      loadRuntime(new URL(info.runtime, base).href, used),
    ]);
    const compile = (backend: Backend) => compiled(model, info.size, backend, used);
    const chosen = await chooseBackend(choice, gpuOfBrowser(), compile, testPicture(info.size));
    return new Network(info, model, used, chosen);
  }

  /** Predicts the colours of a photo. Args: `input`, as of `networkInput` of this size. */
  async predict(input: Float32Array, size: number): Promise<Prediction> {
    return (await this.prepare(size)).run(input);
  }

  private async prepare(size: number): Promise<Runner> {
    if (this.runner && this.size === size) return this.runner;
    this.runner?.delete();
    this.runner = null;
    this.runner = await compiled(resized(this.model, this.info, size), size, this.backend, this.threads);
    this.size = size;
    return this.runner;
  }
}

function gpuOfBrowser(): Gpu {
  const device = getWebGpuDevice();
  if (!device) return 'none';
  return device.adapterInfo.isFallbackAdapter ? 'software' : 'hardware';
}

/** Threads to run with: one where the page is not isolated, or where the browser lacks what threads need. */
async function threadsFor(wanted: number): Promise<number> {
  const isPossible =
    crossOriginIsolated && (await supportsFeature('threads')) && (await supportsFeature('relaxedSimd'));
  if (!isPossible) return 1;
  return Math.min(wanted || MAX_THREADS, navigator.hardwareConcurrency);
}

async function fetchBytes(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.pathname} cannot be loaded (${response.status})`);
  return new Uint8Array(await response.arrayBuffer());
}

async function loadRuntime(folder: string, threads: number): Promise<void> {
  // The threads would otherwise be started from the script of this worker, and the WASM looked for beside it.
  Object.assign(globalThis, {
    Module: {
      locateFile: (name: string) => folder + name,
      mainScriptUrlOrBlob: `${folder}litert_wasm_threaded_internal.js`,
    },
  });
  await loadLiteRt(folder, { threads: threads > 1 });
}

async function compiled(model: Uint8Array, size: number, backend: Backend, threads: number): Promise<Runner> {
  const network = await loadAndCompile(model, {
    accelerator: backend,
    cpuOptions: { numThreads: threads },
    gpuOptions: { precision: 'fp32' },
  });
  const runner: Runner = {
    // LiteRT.js takes WASM where WebGPU lacks an operation.
    backend: network.options.accelerator === 'webgpu' && network.isFullyAccelerated ? 'webgpu' : 'wasm',
    async run(input) {
      const tensor = new Tensor(input, [1, size, size, 1]);
      const outputs = await network.run(tensor);
      tensor.delete();
      try {
        return await toPrediction(size, outputs);
      } finally {
        for (const output of outputs) output.delete();
      }
    },
    delete: () => network.delete(),
  };
  await runner.run(testPicture(size)); // the first run is slow
  return runner;
}

/** What outputs say, told apart by their channels: converters rename them. */
async function toPrediction(size: number, outputs: Tensor[]): Promise<Prediction> {
  const found = (channels: number) => outputs.find((output) => output.type.layout.dimensions[3] === channels);
  const [chroma, saliency] = [found(2), found(1)];
  if (!chroma) throw new Error('the network predicts no chroma');
  return {
    square: size,
    chromaSide: chroma.type.layout.dimensions[1]!,
    chroma: (await chroma.data()) as Float32Array,
    saliency: saliency ? ((await saliency.data()) as Float32Array) : null,
  };
}
