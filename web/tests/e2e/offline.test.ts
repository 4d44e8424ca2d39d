import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { beforeEach, expect, it } from 'vitest';
import { writePhotos } from '../reference';
import { colorize, DIST, rows, serve } from './browser';
import { Pages } from './pages';

const pages = new Pages();
let folder: string;

beforeEach(() => {
  folder = join(pages.folder, 'dist');
  rmSync(folder, { recursive: true, force: true });
  cpSync(DIST, folder, { recursive: true });
});

/** Waits until the page, and what it has loaded, is kept. */
async function kept(page: Page): Promise<void> {
  const count = () =>
    page.evaluate(async () => {
      const used = await caches.open('scgan-used');
      return (await used.keys()).filter(({ url }) => /litert_wasm\w+\.(js|wasm)$/.test(url)).length;
    });
  await expect.poll(count, { timeout: 60_000 }).toBe(2);
}

it('works without a server after the first visit', async () => {
  const server = await serve(folder);
  const page = await pages.open('', {}, server.address);
  await kept(page);
  await server.stop();
  await page.context().setOffline(true);
  await page.goto(`${server.address}?threads=0`);
  await page.locator('#engine.ready').waitFor();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await colorize(page, writePhotos(pages.folder)['gray.png']!);
  expect((await rows(page)).map(({ state }) => state)).toEqual(['done']);
});

it('says that a new version is here, and shows it', async () => {
  const server = await serve(folder);
  const page = await pages.open('', {}, server.address);
  await kept(page);
  await page.reload();
  await page.locator('#engine.ready').waitFor();
  expect(await page.locator('#update').isVisible()).toBe(false);

  const change = (name: string, from: RegExp, to: string) => {
    const path = join(folder, name);
    rmSync(`${path}.gz`, { force: true });
    writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  };
  change('index.html', /<h1>[^<]*/, '<h1>New colours');
  change('sw.js', /scgan-[0-9a-f]{12}/, 'scgan-000000000000');
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  await page.locator('#update').waitFor({ state: 'visible' });
  await page.click('#reload');
  await page.getByRole('heading', { name: 'New colours' }).waitFor();
  await page.locator('#engine.ready').waitFor();
  await server.stop();
});

it('can be installed', async () => {
  const page = await pages.open();
  const manifest = await page.evaluate(async () => (await fetch('manifest.webmanifest')).json());
  expect(manifest.display).toBe('standalone');
  for (const { src, sizes, type } of manifest.icons) {
    const found = await page.evaluate(async (address) => (await fetch(address)).headers.get('Content-Type'), src);
    expect(found).toBe(type);
    expect(sizes).toMatch(/^any$|^\d+x\d+$/);
  }
});
