/** The list of photos: what each is called, how far it is, and what can be done with it. */

import { element, make } from './elements';
import type { Item, State } from './queue';

export interface ListActions {
  select(id: number): void;
  cancel(id: number): void;
  retry(id: number): void;
  remove(id: number): void;
}

interface Row {
  readonly row: HTMLLIElement;
  readonly choose: HTMLButtonElement;
  readonly image: HTMLImageElement;
  readonly state: HTMLSpanElement;
  readonly progress: HTMLProgressElement;
  readonly action: HTMLButtonElement;
}

const STATES: Record<Exclude<State, 'failed' | 'working'>, string> = {
  waiting: 'waiting',
  done: 'done',
  cancelled: 'cancelled',
};

const STAGES = { decode: 'reading', network: 'predicting', colors: 'colouring', encode: 'writing' };

export class List {
  private readonly list = element('list', HTMLOListElement);
  private readonly rows = new Map<number, Row>();

  constructor(private readonly actions: ListActions) {}

  /** Shows an item as it is now. */
  update(item: Item): void {
    const { row, image, state, progress, action } = this.rows.get(item.id) ?? this.append(item);
    const isOpen = item.state === 'waiting' || item.state === 'working';
    row.dataset.state = item.state;
    // What the browser tests and the benchmark read.
    if (item.result) row.dataset.times = JSON.stringify(item.result.times);
    state.textContent = describe(item);
    progress.hidden = !isOpen;
    progress.value = item.share;
    action.textContent = isOpen ? 'Cancel' : item.state === 'done' ? 'Remove' : 'Try again';
    action.ariaLabel = `${action.textContent}: ${item.path}`;
    if (item.result && row.dataset.thumbnail !== String(item.result.thumbnail.size)) {
      row.dataset.thumbnail = String(item.result.thumbnail.size);
      URL.revokeObjectURL(image.src);
      image.src = URL.createObjectURL(item.result.thumbnail);
      image.hidden = false;
    }
  }

  /** Marks the item that is shown. */
  mark(id: number): void {
    for (const [other, { choose }] of this.rows) choose.ariaCurrent = String(other === id);
  }

  /** Takes the rows out whose items are gone. */
  keep(items: readonly Item[]): void {
    const ids = new Set(items.map(({ id }) => id));
    for (const [id, { row, image }] of this.rows) {
      if (ids.has(id)) continue;
      URL.revokeObjectURL(image.src);
      row.remove();
      this.rows.delete(id);
    }
  }

  private append({ id, path }: Item): Row {
    const image = make('img', { alt: '', hidden: true });
    const state = make('span', { className: 'state' });
    const name = make('span', { className: 'name', textContent: path });
    const choose = make('button', { type: 'button', className: 'choose' }, [image, make('span', {}, [name, state])]);
    const progress = make('progress', { max: 1, ariaLabel: `How much of ${path} is done` });
    const action = make('button', { type: 'button', className: 'action' });
    const row = make('li', {}, [choose, progress, action]);
    choose.addEventListener('click', () => this.actions.select(id));
    action.addEventListener('click', () => {
      if (row.dataset.state === 'done') this.actions.remove(id);
      else if (row.dataset.state === 'failed' || row.dataset.state === 'cancelled') this.actions.retry(id);
      else this.actions.cancel(id);
    });
    this.list.append(row);
    const made = { row, choose, image, state, progress, action };
    this.rows.set(id, made);
    return made;
  }
}

/** How far an item is, in words. */
export function describe(item: Item): string {
  switch (item.state) {
    case 'failed':
      return item.message;
    case 'working':
      return item.stage ? STAGES[item.stage] : 'waiting';
    default:
      return STATES[item.state];
  }
}
