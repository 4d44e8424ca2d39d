import { beforeAll, expect, it } from 'vitest';
import { writePhotos } from '../reference';
import { colorize } from './browser';
import { Pages } from './pages';
import { memoryOf, pageProcess } from './processes';

const MIB = 1 << 20;
const pages = new Pages();
let photos: Record<string, string>;

beforeAll(() => {
  photos = writePhotos(pages.folder);
});

const onLinux = it.runIf(process.platform === 'linux');

onLinux('a photo of 24 megapixels takes less than 600 MB', async () => {
  const page = await pages.open();
  const done = colorize(page, photos['megapixels_24.jpg']!);
  let isDone = false;
  void done.finally(() => (isDone = true));
  let peak = 0;
  while (!isDone) {
    peak = Math.max(peak, memoryOf(await pageProcess(pages.browser)));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await done;
  console.log(`24 megapixels: ${Math.round(peak / 1e6)} MB at most`);
  expect(peak).toBeGreaterThan(100e6);
  expect(peak).toBeLessThan(600e6);
});

onLinux('thirty photos leave no more memory taken than three', async () => {
  const page = await pages.open();
  const names = ['gray.png', 'rotated.jpg', 'megapixels_12.jpg'];
  const ofThree = names.map((name) => photos[name]!);
  const settled: number[] = [];
  for (let round = 0; round < 10; round++) {
    await colorize(page, ofThree);
    await page.requestGC();
    await page.waitForTimeout(300);
    settled.push(memoryOf(await pageProcess(pages.browser)));
  }
  console.log(`After 3, 6, ... photos: ${settled.map((bytes) => Math.round(bytes / MIB)).join(', ')} MiB`);
  const early = Math.min(...settled.slice(1, 4));
  expect(Math.min(...settled.slice(-3)) - early).toBeLessThan(60 * MIB);
});
