/** The worker, as promises. */

import type { BackendChoice } from '../network/backends';
import type { Answer, Options, Request, Result, Stage, Started } from '../worker/messages';

/** Rejected with when a photo was cancelled. */
export class CancelledError extends Error {}

interface Job {
  resolve(result: Result): void;
  reject(error: Error): void;
  onStage(stage: Stage, share: number): void;
}

/** What colorizes photos: one at a time. */
export class Engine {
  private readonly worker = new Worker(new URL('../worker/worker.ts', import.meta.url));
  private readonly jobs = new Map<number, Job>();
  private onStarted: { resolve(started: Started): void; reject(error: Error): void } | null = null;
  private onPreview: ((picture: ImageBitmap | null) => void) | null = null;

  constructor() {
    this.worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => this.handle(data));
    this.worker.addEventListener('error', (event) => this.fail(event.message || 'the worker has stopped'));
  }

  start(backend: BackendChoice, threads: number): Promise<Started> {
    this.send({ kind: 'start', base: document.baseURI, backend, threads });
    return new Promise((resolve, reject) => (this.onStarted = { resolve, reject }));
  }

  /**
   * Colorizes a photo.
   *
   * @param id names it in the other calls.
   * @param onStage told of how far it is.
   */
  colorize(id: number, file: File, options: Options, onStage: Job['onStage']): Promise<Result> {
    this.send({ kind: 'colorize', id, file, options });
    return new Promise((resolve, reject) => this.jobs.set(id, { resolve, reject, onStage }));
  }

  /** The photo that was colorized last, small and with other colours; `null` if it is another one. */
  preview(id: number, vividness: number, pixels: number): Promise<ImageBitmap | null> {
    this.send({ kind: 'preview', id, vividness, pixels });
    return new Promise((resolve) => (this.onPreview = resolve));
  }

  cancel(id: number): void {
    this.send({ kind: 'cancel', id });
  }

  /** Lets go of what is kept of a photo. */
  forget(id: number): void {
    this.send({ kind: 'forget', id });
  }

  private send(request: Request): void {
    this.worker.postMessage(request);
  }

  private handle(answer: Answer): void {
    switch (answer.kind) {
      case 'started':
        return this.onStarted?.resolve(answer.started);
      case 'not-started':
        return this.onStarted?.reject(new Error(answer.message));
      case 'previewed':
        return this.onPreview?.(answer.picture);
      case 'stage':
        return this.jobs.get(answer.id)?.onStage(answer.stage, answer.share);
      case 'colorized':
        return this.take(answer.id)?.resolve(answer.result);
      case 'failed':
        return this.take(answer.id)?.reject(new Error(answer.message));
      case 'cancelled':
        return this.take(answer.id)?.reject(new CancelledError());
    }
  }

  private take(id: number): Job | undefined {
    const job = this.jobs.get(id);
    this.jobs.delete(id);
    return job;
  }

  private fail(message: string): void {
    this.onStarted?.reject(new Error(message));
    for (const id of [...this.jobs.keys()]) this.take(id)?.reject(new Error(message));
  }
}
