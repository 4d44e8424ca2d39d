/** Results as files of the visitor. */

import { distinctNames, zip } from '../files/zip';
import type { Item } from './queue';

/** Name of the colour version beside that of its photo: "photo_colorized.jpg". */
export function nameBeside(name: string): string {
  const dot = name.lastIndexOf('.');
  return `${name.slice(0, dot)}_colorized${name.slice(dot)}`;
}

export function downloadOne({ result }: Item): void {
  if (result) save(result.blob, nameBeside(result.name));
}

/** Downloads the results of photos as one ZIP, in the folders of their photos and under their names. */
export async function downloadAll(items: readonly Item[]): Promise<void> {
  const done = items.filter(({ result }) => result);
  const names = distinctNames(done.map(({ path, result }) => path.slice(0, path.lastIndexOf('/') + 1) + result!.name));
  const time = new Date();
  const entries = done.map(({ result }, i) => ({ name: names[i]!, blob: result!.blob, time }));
  save(await zip(entries), 'colorized.zip');
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // The browser has to open it before it is let go.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
