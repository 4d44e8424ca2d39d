/** The worker of the page: everything that takes time happens here. */

import info from 'virtual:network';
import { messageOf } from '../network/backends';
import { Network } from '../network/litert';
import { PhotoColorizer } from './colorizing';
import { BadFileError } from './decoding';
import type { Answer, Request, Stage } from './messages';

/** Thrown to leave a photo that is not wanted any more. */
class Cancelled extends Error {}

const cancelled = new Set<number>();
let loading: Promise<PhotoColorizer> | null = null;

addEventListener('message', ({ data }: MessageEvent<Request>) => void handle(data));

async function handle(request: Request): Promise<void> {
  switch (request.kind) {
    case 'start':
      return start(request);
    case 'colorize':
      return colorize(request);
    case 'preview': {
      const colorizer = await loading;
      const picture = colorizer?.preview(request.id, request.vividness, request.pixels) ?? null;
      return answer({ kind: 'previewed', id: request.id, picture }, picture ? [picture] : []);
    }
    case 'cancel':
      cancelled.add(request.id);
      return;
    case 'forget':
      return (await loading)?.forget(request.id);
  }
}

async function start(request: Request & { kind: 'start' }): Promise<void> {
  try {
    await (loading = load(request));
  } catch (error) {
    answer({ kind: 'not-started', message: messageOf(error) });
  }
}

async function load({ base, backend, threads }: Request & { kind: 'start' }): Promise<PhotoColorizer> {
  const network = await Network.load(info, base, backend, threads);
  const files = performance.getEntriesByType('resource').map((entry) => entry.name);
  const { threads: used, note } = network;
  answer({ kind: 'started', started: { backend: network.backend, threads: used, note, files } });
  return new PhotoColorizer((input, size) => network.predict(input, size), info.stretchLuma);
}

async function colorize({ id, file, options }: Request & { kind: 'colorize' }): Promise<void> {
  cancelled.delete(id);
  const report = async (stage: Stage, share: number) => {
    answer({ kind: 'stage', id, stage, share });
    await nextMessages();
    if (cancelled.has(id)) throw new Cancelled();
  };
  try {
    const colorizer = await loading!;
    answer({ kind: 'colorized', id, result: await colorizer.colorize(id, file, options, report) });
  } catch (error) {
    if (error instanceof Cancelled) return answer({ kind: 'cancelled', id });
    const isFileBad = error instanceof BadFileError;
    answer({ kind: 'failed', id, message: isFileBad ? error.message : `it failed: ${messageOf(error)}` });
  }
}

function answer(message: Answer, transferred: Transferable[] = []): void {
  postMessage(message, { transfer: transferred });
}

const channel = new MessageChannel();

/** Lets messages that have come, such as to cancel, be handled first. */
function nextMessages(): Promise<void> {
  return new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(null);
  });
}
