/** The page: what a visitor does, and what is shown of it. */

import info from 'virtual:network';
import examples from 'virtual:examples';
import { isBackendChoice } from '../network/backends';
import { sizesOf } from '../network/sizes';
import type { Started } from '../worker/messages';
import { downloadAll, downloadOne } from './downloads';
import { element } from './elements';
import { Engine } from './engine';
import { loadExamples, takeChosen, takeDroppedAndPasted, type Chosen } from './inputs';
import { describe, List } from './list';
import { keepOffline } from './offline';
import { Queue, type Item } from './queue';
import { Viewer } from './viewer';

/** Pixels of what is shown while the colours are changed. */
const PREVIEW_PIXELS = 500_000;

const button = (id: string) => element(id, HTMLButtonElement);
const input = (id: string) => element(id, HTMLInputElement);
const output = (id: string) => element(id, HTMLOutputElement);

const status = element('status', HTMLParagraphElement);
const engineState = element('engine', HTMLParagraphElement);
const title = element('result-title', HTMLHeadingElement);
const progress = element('progress', HTMLProgressElement);

const sizes = sizesOf(info);
const engine = new Engine();
const viewer = new Viewer();
let selected = 0;

const queue = new Queue(engine, { vividness: 1, size: info.size }, (item) => {
  if (item) list.update(item);
  else list.keep(queue.all);
  if (item?.id === selected || !queue.get(selected)) showSelected();
  if (item?.state === 'done' || item?.state === 'failed') status.textContent = `${item.path}: ${describe(item)}`;
  showProgress();
});

const list = new List({
  select,
  cancel: (id) => queue.cancel(id),
  retry: (id) => queue.retry(id),
  remove: (id) => queue.remove(id),
});

// === Photos ===

function add(photos: Chosen[]): void {
  if (!photos.length) {
    status.textContent = 'No photo was found.';
    return;
  }
  const [first] = queue.add(photos);
  if (!queue.get(selected)?.result) select(first!.id);
}

function select(id: number): void {
  selected = id;
  queue.prefer(id);
  list.mark(id);
  showSelected();
}

function showSelected(): void {
  const item = queue.get(selected) ?? queue.all[0] ?? null;
  if (item && item.id !== selected) return select(item.id);
  viewer.show(item);
  title.textContent = item ? titleOf(item) : 'No photo yet';
  button('download').disabled = !item?.result;
}

function titleOf({ path, result }: Item): string {
  if (!result) return path;
  const seconds = Object.values(result.times).reduce((sum, time) => sum + time, 0) / 1000;
  return `${path}, ${result.width}×${result.height}, in ${seconds.toFixed(1)} s`;
}

function showProgress(): void {
  const items = queue.all;
  const left = items.filter(({ state }) => state === 'waiting' || state === 'working').length;
  const done = items.filter(({ result }) => result).length;
  element('work', HTMLDivElement).hidden = items.length === 0;
  progress.value = items.length
    ? items.reduce((sum, { state, share }) => sum + (isOver(state) ? 1 : share), 0) / items.length
    : 0;
  progress.hidden = left === 0;
  button('cancel-all').disabled = left === 0;
  button('download-all').disabled = done === 0 || left > 0;
  document.body.dataset.left = String(left);
}

function isOver(state: Item['state']): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

// === Controls ===

function setOptions(): void {
  queue.prefer(selected);
  queue.setOptions({ vividness: input('vividness').valueAsNumber, size: sizes[input('size').valueAsNumber]! });
}

function showValues(): void {
  const vividness = input('vividness').valueAsNumber;
  const words = vividness === 1 ? 'as predicted' : `${Math.round(100 * vividness)} %`;
  const size = `${sizes[input('size').valueAsNumber]!} pixels`;
  output('vividness-value').textContent = words;
  output('size-value').textContent = size;
  input('vividness').ariaValueText = words;
  input('size').ariaValueText = size;
}

let isPreviewing = false;

async function preview(): Promise<void> {
  showValues();
  if (isPreviewing) return;
  isPreviewing = true;
  for (let shown = NaN; shown !== input('vividness').valueAsNumber;) {
    shown = input('vividness').valueAsNumber;
    const picture = await engine.preview(selected, shown, PREVIEW_PIXELS);
    if (picture) viewer.preview(picture);
  }
  isPreviewing = false;
}

function connect(): void {
  takeDroppedAndPasted(add);
  takeChosen(button('choose'), input('choose-input'), add);
  takeChosen(button('choose-folder'), input('folder-input'), add);
  takeChosen(button('camera'), input('camera-input'), add);
  button('examples').addEventListener('click', () => void loadExamples(examples).then(add, fail));
  button('cancel-all').addEventListener('click', () => queue.cancelAll());
  button('remove-all').addEventListener('click', () => queue.all.forEach(({ id }) => queue.remove(id)));
  button('download').addEventListener('click', () => downloadOne(queue.get(selected)!));
  button('download-all').addEventListener('click', () => void downloadAll(queue.all).catch(fail));
  button('reload').addEventListener('click', () => location.reload());
  input('vividness').addEventListener('input', () => void preview());
  input('vividness').addEventListener('change', setOptions);
  input('size').max = String(sizes.length - 1);
  input('size').value = String(sizes.indexOf(info.size));
  element('size-label', HTMLLabelElement).hidden = sizes.length === 1;
  input('size').addEventListener('input', showValues);
  input('size').addEventListener('change', setOptions);
  input('show-saliency').addEventListener('change', () => viewer.showSaliency(input('show-saliency').checked));
  showValues();
}

function fail(error: Error): void {
  status.textContent = error.message;
}

// === Start ===

async function start(): Promise<void> {
  const parameters = new URLSearchParams(location.search);
  const backend = parameters.get('backend') ?? 'auto';
  if (!isBackendChoice(backend)) throw new Error(`?backend= is wasm, webgpu or auto, not ${backend}.`);
  const started = await engine.start(backend, Number(parameters.get('threads')) || 0);
  engineState.className = 'ready';
  engineState.textContent = wordsOf(started);
  engineState.dataset.milliseconds = String(performance.now());
  await keepOffline(started.files, () => (element('update', HTMLParagraphElement).hidden = false));
}

function wordsOf({ backend, threads, note }: Started): string {
  const words = backend === 'webgpu' ? 'WebGPU' : `WASM, ${threads} thread${threads === 1 ? '' : 's'}`;
  return `Ready in ${(performance.now() / 1000).toFixed(1)} s. The network runs by ${words}. ${note}`.trim();
}

connect();
start().catch((error: Error) => {
  engineState.className = 'failed';
  engineState.textContent = `The network cannot be run: ${error.message}`;
});
