/** The page in the Chromium of the system, served as a user does. */

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Times } from '../../src/worker/messages';
import { startPython } from '../python';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Chromium looks for its maker's hosts by itself unless it is told not to. */
const ARGUMENTS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const DESKTOP = { width: 1280, height: 900 };
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
export const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

/** Selector of what is said once the network has been loaded, or could not be. */
export const READY = '#engine:not(.loading)';

export interface Server {
  readonly address: string;
  stop(): Promise<void>;
}

/** Starts `scgan web` on a port that is free. Args: `folder`, of the page. */
export async function serve(folder = DIST): Promise<Server> {
  const server = startPython('-m', 'keras_scgan', 'web', '--port=0', '--noopen', `--page_dir=${folder}`);
  let said = '';
  const address = await new Promise<string>((resolve, reject) => {
    server.stderr!.on('data', (data) => {
      said += data;
      const found = /http:\/\/\S+/.exec(said);
      if (found) resolve(found[0]);
    });
    server.on('exit', () => reject(new Error(said)));
  });
  return {
    address,
    async stop() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.kill();
      await once(server, 'exit');
    },
  };
}

export function launch(...args: string[]): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`There is no ${CHROMIUM}: install Chromium, or name it in CHROMIUM.`);
  return chromium.launch({ executablePath: CHROMIUM, args: [...ARGUMENTS, ...args] });
}

/** Waits until no photo is left to be colorized. */
export async function finished(page: Page): Promise<void> {
  await page.waitForFunction(() => document.body.dataset.left === '0', null, { timeout: 120_000 });
}

/** Chooses files, and waits until they are colorized. */
export async function colorize(page: Page, files: Parameters<Page['setInputFiles']>[1]): Promise<void> {
  await page.setInputFiles('#choose-input', files);
  await finished(page);
}

/** State and words of each row of the list. */
export function rows(page: Page): Promise<{ name: string; state: string; said: string }[]> {
  return page.locator('#list li').evaluateAll((items) =>
    items.map((item) => ({
      name: item.querySelector('.name')!.textContent!,
      state: (item as HTMLElement).dataset.state!,
      said: item.querySelector('.state')!.textContent!,
    })),
  );
}

/** Milliseconds of the stages of each photo. */
export async function times(page: Page): Promise<Times[]> {
  const told = await page
    .locator('#list li[data-times]')
    .evaluateAll((items) => items.map((item) => (item as HTMLElement).dataset.times!));
  return told.map((text) => JSON.parse(text));
}

/** Downloads what a button gives to a folder. Returns the path of the file. */
export async function download(page: Page, button: string, folder: string): Promise<string> {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
  const path = join(folder, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}
