/** The photos of the page, and which of them is colorized next. */

import type { Options, Result, Stage } from '../worker/messages';
import { CancelledError, type Engine } from './engine';

export type State = 'waiting' | 'working' | 'done' | 'failed' | 'cancelled';

export interface Item {
  readonly id: number;
  readonly file: File;
  /** Name with its folders, if it is of one. */
  readonly path: string;
  readonly state: State;
  readonly stage: Stage | null;
  /** How much of the photo is done, in [0, 1]. */
  readonly share: number;
  /** What went wrong; empty unless it failed. */
  readonly message: string;
  /** The last result, which may be one with other options while the item waits. */
  readonly result: Result | null;
}

/** What the queue needs of an `Engine`. */
export type Colorizing = Pick<Engine, 'colorize' | 'cancel' | 'forget'>;

/** Shares of the stages of the time that a photo takes, about. */
const STAGE_SHARES: Record<Stage, number> = { decode: 0.25, network: 0.1, colors: 0.4, encode: 0.25 };

export class Queue {
  private items = new Map<number, Item>();
  private nextId = 1;
  private running = false;
  /** The one that is colorized before the others. */
  private preferred = 0;

  /**
   * @param options with which photos are colorized, until `setOptions`.
   * @param onChange told of an item that changed or came, or of `null` if one went.
   */
  constructor(
    private readonly engine: Colorizing,
    private options: Options,
    private readonly onChange: (item: Item | null) => void,
  ) {}

  get all(): readonly Item[] {
    return [...this.items.values()];
  }

  get(id: number): Item | undefined {
    return this.items.get(id);
  }

  /** Adds photos. Returns their items. */
  add(files: readonly { file: File; path: string }[]): Item[] {
    const added = files.map(({ file, path }): Item => {
      const id = this.nextId++;
      return { id, file, path, state: 'waiting', stage: null, share: 0, message: '', result: null };
    });
    for (const item of added) this.put(item);
    void this.run();
    return added;
  }

  prefer(id: number): void {
    this.preferred = id;
  }

  /** Colorizes all photos again, with other options. */
  setOptions(options: Options): void {
    this.options = options;
    for (const item of this.all) {
      if (item.state === 'working') this.engine.cancel(item.id);
      if (item.state === 'done') this.put({ ...item, state: 'waiting', share: 0 });
    }
    void this.run();
  }

  /** Leaves a photo that is not done, which stays in the list. */
  cancel(id: number): void {
    const item = this.items.get(id);
    if (item?.state !== 'waiting' && item?.state !== 'working') return;
    if (item.state === 'working') this.engine.cancel(id);
    this.put({ ...item, state: 'cancelled', stage: null, share: 0 });
  }

  cancelAll(): void {
    for (const { id } of this.all) this.cancel(id);
  }

  /** Tries a photo again that failed or was cancelled. */
  retry(id: number): void {
    const item = this.items.get(id);
    if (item?.state !== 'failed' && item?.state !== 'cancelled') return;
    this.put({ ...item, state: 'waiting', message: '' });
    void this.run();
  }

  remove(id: number): void {
    this.cancel(id);
    this.items.delete(id);
    this.engine.forget(id);
    this.onChange(null);
  }

  private put(item: Item): void {
    this.items.set(item.id, item);
    this.onChange(item);
  }

  private next(): Item | undefined {
    const waiting = this.all.filter((item) => item.state === 'waiting');
    return waiting.find((item) => item.id === this.preferred) ?? waiting[0];
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    for (let item = this.next(); item; item = this.next()) await this.colorize(item);
    this.running = false;
  }

  private async colorize(item: Item): Promise<void> {
    const { id } = item;
    const { options } = this;
    /** Changes the item, unless it was cancelled or removed meanwhile. */
    const change = (changes: Partial<Item>) => {
      const now = this.items.get(id);
      if (now?.state === 'working') this.put({ ...now, ...changes });
    };
    this.put({ ...item, state: 'working', share: 0 });
    try {
      const result = await this.engine.colorize(id, item.file, options, (stage, share) =>
        change({ stage, share: shareOfAll(stage, share) }),
      );
      const isCurrent = options === this.options;
      change({ state: isCurrent ? 'done' : 'waiting', stage: null, share: isCurrent ? 1 : 0, result });
    } catch (error) {
      if (error instanceof CancelledError) change({ state: 'waiting', stage: null, share: 0 });
      else change({ state: 'failed', stage: null, share: 0, message: (error as Error).message });
    }
  }
}

function shareOfAll(stage: Stage, share: number): number {
  const stages = Object.keys(STAGE_SHARES) as Stage[];
  const before = stages.slice(0, stages.indexOf(stage)).reduce((sum, name) => sum + STAGE_SHARES[name], 0);
  return before + share * STAGE_SHARES[stage];
}
