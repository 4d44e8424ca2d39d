/** Formats of photo files: how they begin and end, and which of them results are written in. */

export interface Format {
  readonly name: string;
  /** Media type. */
  readonly type: string;
  /** Suffixes of names, the usual one first. */
  readonly suffixes: readonly string[];
}

export const JPEG: Format = { name: 'JPEG', type: 'image/jpeg', suffixes: ['.jpg', '.jpeg', '.jpe', '.jfif'] };
export const PNG: Format = { name: 'PNG', type: 'image/png', suffixes: ['.png'] };
export const WEBP: Format = { name: 'WebP', type: 'image/webp', suffixes: ['.webp'] };

/** Bytes at the start of a file that tell its format. */
export const HEAD_BYTES = 16;

/** Bytes at the end of a file in which its last part is looked for: some cameras write more behind it. */
export const TAIL_BYTES = 1 << 16;

/** The format that the result of a file is written in: its own if browsers write it, otherwise PNG. */
export function outputFormat(head: Uint8Array): Format {
  if (startsWith(head, [0xff, 0xd8])) return JPEG;
  if (text(head, 0, 4) === 'RIFF' && text(head, 8, 12) === 'WEBP') return WEBP;
  return PNG;
}

/** Whether a file is cut off, which a browser shows in part. Args: its first and its last bytes. */
export function isCutOff(head: Uint8Array, tail: Uint8Array): boolean {
  if (startsWith(head, [0xff, 0xd8])) return find(tail, [0xff, 0xd9]) < 0;
  if (text(head, 1, 4) === 'PNG') return find(tail, [0x49, 0x45, 0x4e, 0x44]) < 0; // IEND
  return false;
}

/** Name of a result in a format: that of the photo, with another suffix where it is not one of the format's. */
export function outputName(name: string, format: Format): string {
  const dot = name.lastIndexOf('.');
  const suffix = dot > 0 ? name.slice(dot) : '';
  return format.suffixes.includes(suffix.toLowerCase())
    ? name
    : `${suffix ? name.slice(0, dot) : name}${format.suffixes[0]}`;
}

const SUFFIXES = /\.(jpe?g|jpe|jfif|png|webp|gif|bmp|avif)$/i;

/** Whether a file of a folder is taken for a photo that browsers read. */
export function isPhoto(file: { name: string }): boolean {
  return SUFFIXES.test(file.name) && !file.name.startsWith('.');
}

function startsWith(bytes: Uint8Array, mark: number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

/** Where bytes last stand within others, or -1. */
function find(bytes: Uint8Array, mark: number[]): number {
  let at = bytes.length - mark.length;
  while (at >= 0 && !mark.every((byte, i) => bytes[at + i] === byte)) at--;
  return at;
}
