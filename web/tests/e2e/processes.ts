/** What Linux says of the process of a page. */

import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Ticks of a second, in which Linux counts the time of processors. */
const TICKS = 100;

/** The process of the one page that a browser has open, by its number: of more, that with the most memory. */
export async function pageProcess(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const ofPages = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  return ofPages.reduce((most, id) => (memoryOf(id) > memoryOf(most) ? id : most));
}

/** Memory that is a process's alone, in bytes. */
export function memoryOf(id: number): number {
  const status = readFileSync(`/proc/${id}/status`, 'utf8');
  const kilobytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0);
  return 1024 * (kilobytes('RssAnon') + kilobytes('RssShmem'));
}

/** Milliseconds that a process has had a processor, all of its threads together. */
export function processorTimeOf(id: number): number {
  const fields = readFileSync(`/proc/${id}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (1000 * (Number(fields[11]) + Number(fields[12]))) / TICKS;
}
