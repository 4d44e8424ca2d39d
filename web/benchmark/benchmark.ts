/**
 * Measures the page in Chromium, and the network beside the Python package.
 *
 *     npm run build && npm run benchmark
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { Times } from '../src/worker/messages';
import { colorize, launch, READY, serve, times } from '../tests/e2e/browser';
import { pageProcess, processorTimeOf } from '../tests/e2e/processes';
import { timeNetwork, writePhotos } from '../tests/reference';

const ROUNDS = 5;

const server = await serve();
const browser = await launch();
const folder = mkdtempSync(join(tmpdir(), 'scgan-benchmark-'));
try {
  const photos = writePhotos(folder);
  await measureLoading(browser);
  for (const threads of [1, 2]) {
    for (const name of ['megapixels_12.jpg', 'megapixels_24.jpg']) {
      const { stages, processor } = await measurePhoto(browser, photos[name]!, threads);
      const words = Object.entries(stages).map(([stage, time]) => `${stage} ${time.toFixed(0)}`);
      const total = Object.values(stages).reduce((sum, time) => sum + time, 0);
      console.log(
        `${name}, ${threads} thread(s): ${words.join(', ')}, together ${total.toFixed(0)} ms; ` +
          `${processor.toFixed(0)} ms of processors`,
      );
    }
    await compareNetwork(browser, photos['gray.png']!, threads);
  }
} finally {
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true });
}

async function open(from: Browser, query = '') {
  const page = await (await from.newContext()).newPage();
  let bytes = 0;
  page.on('requestfinished', async (request) => {
    const { responseBodySize, responseHeadersSize } = await request.sizes();
    bytes += responseBodySize + responseHeadersSize;
  });
  await page.goto(server.address + query);
  await page.locator(READY).waitFor();
  const milliseconds = Number(await page.locator('#engine').getAttribute('data-milliseconds'));
  return { page, milliseconds, transferred: () => bytes };
}

async function measureLoading(from: Browser): Promise<void> {
  const ready: number[] = [];
  let transferred = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const opened = await open(from);
    ready.push(opened.milliseconds);
    transferred = opened.transferred();
    await opened.page.context().close();
  }
  console.log(`loading: ${(transferred / 1e6).toFixed(1)} MB transferred, ready in ${median(ready).toFixed(0)} ms`);
}

/**
 * Milliseconds of each stage, medians of several rounds after the first; and milliseconds that the page had a processor,
 * the mean, which depends less on what else the machine does (0 where there is no Linux).
 */
async function measurePhoto(
  from: Browser,
  path: string,
  threads: number,
): Promise<{ stages: Times; processor: number }> {
  const { page } = await open(from, `?threads=${threads}`);
  await colorize(page, path);
  const id = process.platform === 'linux' ? await pageProcess(from) : null;
  const before = id ? processorTimeOf(id) : 0;
  for (let round = 0; round < ROUNDS; round++) await colorize(page, path);
  const processor = id ? (processorTimeOf(id) - before) / ROUNDS : 0;
  const [, ...measured] = await times(page);
  await page.context().close();
  const names = Object.keys(measured[0]!) as (keyof Times)[];
  const medians = names.map((stage) => [stage, median(measured.map((each) => each[stage]))]);
  return { stages: Object.fromEntries(medians) as Times, processor };
}

async function compareNetwork(from: Browser, path: string, threads: number): Promise<void> {
  const pairs: [number, number][] = [];
  // By turns, so that other work on the machine slows both.
  for (let round = 0; round < ROUNDS; round++) {
    pairs.push([(await measurePhoto(from, path, threads)).stages.network, timeNetwork(threads)]);
  }
  const [page, python] = [median(pairs.map(([ours]) => ours)), median(pairs.map(([, theirs]) => theirs))];
  const ratio = median(pairs.map(([ours, theirs]) => ours / theirs));
  console.log(
    `network, ${threads} thread(s): ${page.toFixed(1)} ms, Python ${python.toFixed(1)} ms, ratio ${ratio.toFixed(1)}`,
  );
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}
