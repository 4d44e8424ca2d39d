import { expect, it } from 'vitest';
import { CancelledError } from '../../src/page/engine';
import { Queue, type Item } from '../../src/page/queue';
import type { Options, Result, Stage } from '../../src/worker/messages';

const OPTIONS: Options = { vividness: 1, size: 224 };

/** An engine whose photos are done, or fail, when a test says so. */
class StubEngine {
  readonly asked: { id: number; options: Options }[] = [];
  readonly forgotten: number[] = [];
  private job: {
    resolve(result: Result): void;
    reject(error: Error): void;
    onStage(stage: Stage, share: number): void;
  } | null = null;

  colorize(id: number, _: File, options: Options, onStage: (stage: Stage, share: number) => void): Promise<Result> {
    expect(this.job).toBeNull();
    this.asked.push({ id, options });
    return new Promise((resolve, reject) => (this.job = { resolve, reject, onStage }));
  }

  cancel(): void {
    void this.end((job) => job.reject(new CancelledError()));
  }

  forget(id: number): void {
    this.forgotten.push(id);
  }

  stage(stage: Stage, share: number): void {
    this.job!.onStage(stage, share);
  }

  done(name = 'result'): Promise<void> {
    return this.end((job) => job.resolve({ name } as Result));
  }

  fail(message: string): Promise<void> {
    return this.end((job) => job.reject(new Error(message)));
  }

  private async end(how: (job: NonNullable<StubEngine['job']>) => void): Promise<void> {
    const { job } = this;
    this.job = null;
    how(job!);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function started(...names: string[]) {
  const engine = new StubEngine();
  const changes: (Item | null)[] = [];
  const queue = new Queue(engine, OPTIONS, (item) => changes.push(item));
  queue.add(names.map((name) => ({ file: new File([], name), path: name })));
  return { engine, queue, changes, states: () => queue.all.map(({ state }) => state) };
}

it('colorizes one photo after the other, and tells how far each is', async () => {
  const { engine, queue, states } = started('a', 'b');
  expect(states()).toEqual(['working', 'waiting']);
  engine.stage('colors', 0.5);
  const half = queue.all[0]!.share;
  engine.stage('encode', 0);
  expect(half).toBeGreaterThan(0.3);
  expect(queue.all[0]!.share).toBeGreaterThan(half);
  await engine.done('first');
  expect(states()).toEqual(['done', 'working']);
  expect(queue.all[0]!.result!.name).toBe('first');
  await engine.done();
  expect(states()).toEqual(['done', 'done']);
});

it('goes on after a photo that failed, which can be tried again', async () => {
  const { engine, queue, states } = started('a', 'b');
  await engine.fail('empty file');
  expect(states()).toEqual(['failed', 'working']);
  expect(queue.all[0]!.message).toBe('empty file');
  queue.retry(1);
  await engine.done();
  await engine.done();
  expect(states()).toEqual(['done', 'done']);
  expect(queue.all[0]!.message).toBe('');
});

it('begins with the photo that is preferred', async () => {
  const { engine, queue } = started('a', 'b', 'c');
  queue.prefer(3);
  await engine.done();
  expect(engine.asked.map(({ id }) => id)).toEqual([1, 3]);
});

it('leaves photos that are cancelled, at work or waiting', async () => {
  const { engine, queue, states } = started('a', 'b', 'c');
  queue.cancel(2);
  queue.cancel(1);
  await new Promise((resolve) => setTimeout(resolve));
  expect(states()).toEqual(['cancelled', 'cancelled', 'working']);
  await engine.done();
  expect(states()).toEqual(['cancelled', 'cancelled', 'done']);
  queue.cancel(3);
  expect(states()).toEqual(['cancelled', 'cancelled', 'done']);
});

it('colorizes all again with other options, and shows the old results until then', async () => {
  const { engine, queue, states } = started('a', 'b');
  await engine.done('old');
  const vivid = { ...OPTIONS, vividness: 2 };
  queue.setOptions(vivid);
  await new Promise((resolve) => setTimeout(resolve));
  expect(states()).toEqual(['working', 'waiting']);
  expect(queue.all[0]!.result!.name).toBe('old');
  await engine.done('new');
  expect(queue.all[0]!.result!.name).toBe('new');
  await engine.done();
  expect(engine.asked.slice(-2).map(({ options }) => options)).toEqual([vivid, vivid]);
});

it('lets go of a photo that is removed at work', async () => {
  const { engine, queue, changes } = started('a', 'b');
  queue.remove(1);
  await new Promise((resolve) => setTimeout(resolve));
  expect(queue.all.map(({ path, state }) => [path, state])).toEqual([['b', 'working']]);
  expect(engine.forgotten).toEqual([1]);
  expect(changes).toContain(null);
});
