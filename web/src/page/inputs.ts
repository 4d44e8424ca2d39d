/** Where photos come from: dropped, pasted, chosen, taken, and the examples. */

import { isPhoto } from '../files/formats';

export interface Chosen {
  readonly file: File;
  /** Name with its folders, if it was found in one. */
  readonly path: string;
}

/** Tells of photos that are dropped onto the page or pasted. */
export function takeDroppedAndPasted(onPhotos: (photos: Chosen[]) => void): void {
  const { classList } = document.body;
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    classList.add('dropping');
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) classList.remove('dropping');
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    classList.remove('dropping');
    if (event.dataTransfer) void droppedPhotos(event.dataTransfer).then(onPhotos);
  });
  document.addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) onPhotos(files.map((file) => ({ file, path: file.name })));
  });
}

/** Tells of photos that are chosen by a button, by an input of files that is hidden beside it. */
export function takeChosen(
  button: HTMLButtonElement,
  input: HTMLInputElement,
  onPhotos: (photos: Chosen[]) => void,
): void {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
    input.value = ''; // so that the same file can be chosen again
    onPhotos(input.webkitdirectory ? files.filter(({ file }) => isPhoto(file)) : files);
  });
}

/** Loads the examples, which come with the page. */
export function loadExamples(names: readonly string[]): Promise<Chosen[]> {
  return Promise.all(
    names.map(async (name) => {
      const response = await fetch(`examples/${name}`);
      if (!response.ok) throw new Error(`The example ${name} cannot be loaded.`);
      return { file: new File([await response.blob()], name, { type: 'image/jpeg' }), path: name };
    }),
  );
}

/** Files that were dropped as such, and the photos of folders. */
async function droppedPhotos(transfer: DataTransfer): Promise<Chosen[]> {
  // All of it has to be asked for before anything is waited for.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const files = [...transfer.files].map((file) => ({ file, path: file.name }));
  if (!entries.some((entry) => entry.isDirectory)) return files;
  return (await Promise.all(entries.map((entry) => photosOf(entry, true)))).flat();
}

async function photosOf(entry: FileSystemEntry, isDropped: boolean): Promise<Chosen[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return isDropped || isPhoto(file) ? [{ file, path: entry.fullPath.slice(1) }] : [];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Chosen[] = [];
  for (;;) {
    // Some at a time, and none at the end.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return found;
    found.push(...(await Promise.all(entries.map((inner) => photosOf(inner, false)))).flat());
  }
}
