import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isCutOff, isPhoto, JPEG, outputFormat, outputName, PNG, WEBP } from '../../src/files/formats';
import { withMetadata } from '../../src/files/metadata';
import { distinctNames, zip } from '../../src/files/zip';
import { nameBeside } from '../../src/page/downloads';
import { describeFile } from '../reference';

const bytesOf = (...parts: (string | number[])[]) =>
  new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? [...part].map((c) => c.charCodeAt(0)) : part)));

describe('a file', () => {
  it.each([
    [JPEG, bytesOf([0xff, 0xd8, 0xff, 0xe0])],
    [PNG, bytesOf([0x89], 'PNG')],
    [WEBP, bytesOf('RIFF', [1, 2, 3, 4], 'WEBPVP8 ')],
    [PNG, bytesOf('GIF89a')],
    [PNG, bytesOf('')],
  ])('gets a result in the format %o', (format, head) => {
    expect(outputFormat(head)).toBe(format);
  });

  it.each([
    ['photo.jpg', JPEG, 'photo.jpg'],
    ['photo.JPEG', JPEG, 'photo.JPEG'],
    ['photo.jpg', PNG, 'photo.png'],
    ['photo.old.gif', PNG, 'photo.old.png'],
    ['photo', WEBP, 'photo.webp'],
    ['.hidden', PNG, '.hidden.png'],
  ])('%s of the format %o gets the name %s', (name, format, result) => {
    expect(outputName(name, format)).toBe(result);
  });

  it('gets a name beside its photo', () => {
    expect(nameBeside('my.photo.jpg')).toBe('my.photo_colorized.jpg');
  });

  it('is cut off without its end', () => {
    const jpeg = bytesOf([0xff, 0xd8, 0xff, 0xe0]);
    expect(isCutOff(jpeg, bytesOf([1, 0xff, 0xd9, 0, 0]))).toBe(false);
    expect(isCutOff(jpeg, bytesOf([1, 2, 3]))).toBe(true);
    const png = bytesOf([0x89], 'PNG');
    expect(isCutOff(png, bytesOf('IEND', [1, 2, 3, 4]))).toBe(false);
    expect(isCutOff(png, bytesOf('IDAT'))).toBe(true);
    expect(isCutOff(bytesOf('GIF89a'), bytesOf('x'))).toBe(false);
  });

  it('of a folder is a photo by its suffix', () => {
    const names = ['a.jpg', 'b.PNG', 'c.txt', '._a.jpg', 'd.avif', 'jpg'];
    expect(names.filter((name) => isPhoto({ name }))).toEqual(['a.jpg', 'b.PNG', 'd.avif']);
  });
});

// === Metadata ===

const segment = (marker: number, ...content: (string | number[])[]) => {
  const bytes = bytesOf(...content);
  return [0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 0xff, ...bytes];
};
const JFIF = (unit: number, dots: number) => segment(0xe0, 'JFIF\0', [1, 1, unit, 0, dots, 0, dots, 0, 0]);
const START_OF_SCAN = [0xff, 0xda, 0, 2, 9, 9, 9, 0xff, 0xd9];
const ENCODED = new Blob([bytesOf([0xff, 0xd8], JFIF(0, 1), segment(0xdb, 'table'), START_OF_SCAN)]);

/** EXIF of one tag, the orientation, and of a second directory, in either order of bytes. */
function exif(order: 'II' | 'MM', orientation: number): number[] {
  const isLittle = order === 'II';
  const view = new DataView(new ArrayBuffer(26));
  view.setUint16(0, isLittle ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, isLittle);
  view.setUint32(4, 8, isLittle);
  view.setUint16(8, 1, isLittle);
  view.setUint16(10, 274, isLittle);
  view.setUint16(12, 3, isLittle);
  view.setUint32(14, 1, isLittle);
  view.setUint16(18, orientation, isLittle);
  view.setUint32(22, 99, isLittle);
  return [...new Uint8Array(view.buffer)];
}

async function carried(...segments: number[][]): Promise<number[]> {
  const original = bytesOf([0xff, 0xd8], ...segments, START_OF_SCAN);
  return [...new Uint8Array(await (await withMetadata(ENCODED, original)).arrayBuffer())];
}

const whole = (header: number[], ...segments: number[][]) => [
  ...bytesOf([0xff, 0xd8], header, ...segments, segment(0xdb, 'table'), START_OF_SCAN),
];

describe('a JPEG', () => {
  it.each(['II', 'MM'] as const)('keeps EXIF in the order %s, upright and without thumbnail', async (order) => {
    const upright = exif(order, 1);
    upright.fill(0, 22);
    const [from, to] = [segment(0xe1, 'Exif\0\0', exif(order, 6)), segment(0xe1, 'Exif\0\0', upright)];
    expect(await carried(from)).toEqual(whole(JFIF(0, 1), to));
  });

  it('keeps XMP, IPTC, a comment and the resolution, and nothing else', async () => {
    const xmp = (orientation: number) =>
      segment(0xe1, 'http://ns.adobe.com/xap/1.0/\0', `<a tiff:Orientation="${orientation}" b="8"/>`);
    const iptc = segment(0xed, 'Photoshop 3.0\0', 'caption');
    const comment = segment(0xfe, 'of 1890');
    const others = [segment(0xe2, 'ICC_PROFILE\0'), segment(0xed, 'other'), segment(0xe1, 'other')];
    const result = await carried(JFIF(1, 72), xmp(6), iptc, ...others, comment);
    expect(result).toEqual(whole(JFIF(1, 72), xmp(1), iptc, comment));
  });

  it('is as it was encoded where there is nothing to keep, or it is damaged', async () => {
    const plain = [...new Uint8Array(await ENCODED.arrayBuffer())];
    expect(await carried()).toEqual(plain);
    expect(await carried(JFIF(0, 1))).toEqual(plain);
    expect(await carried(segment(0xe1, 'Exif\0\0', 'II'))).toEqual(plain);
    expect(await carried(segment(0xe1, 'Exif\0\0', exif('II', 6).slice(0, 20)))).toEqual(plain);
    expect(await carried(segment(0xe1, 'Exif\0\0', [...exif('II', 6).fill(7, 2, 4)]))).toEqual(plain);
    expect(await carried([0xff, 0xe1, 0xff, 0xff])).toEqual(plain);
    expect(await carried([0xff, 0xe1, 0, 0])).toEqual(plain);
  });

  it('without JFIF is left alone', async () => {
    const odd = new Blob([bytesOf([0xff, 0xd8], START_OF_SCAN)]);
    expect(await withMetadata(odd, bytesOf([0xff, 0xd8], segment(0xfe, 'x')))).toBe(odd);
  });
});

// === ZIP ===

describe('a ZIP', () => {
  it('is read by others', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'scgan-zip-'));
    const time = new Date(2024, 1, 3, 4, 5, 6);
    const names = ['a.txt', 'ordner/grüße.txt', 'empty'];
    const archive = await zip(names.map((name, i) => ({ name, blob: new Blob(['text'.repeat(i)]), time })));
    writeFileSync(join(folder, 'all.zip'), new Uint8Array(await archive.arrayBuffer()));
    expect(describeFile(join(folder, 'all.zip'))).toEqual({ damaged: null, names });
    rmSync(folder, { recursive: true });
  });

  it('of too many files is refused', async () => {
    const entry = { name: 'a', blob: new Blob([]), time: new Date() };
    await expect(zip(Array(0x10000).fill(entry))).rejects.toThrow('one by one');
  });

  it('has names that differ', () => {
    expect(distinctNames(['a.jpg', 'A.JPG', 'a.jpg', 'b/a.jpg', 'x', 'x'])).toEqual([
      'a.jpg',
      'A (2).JPG',
      'a (3).jpg',
      'b/a.jpg',
      'x',
      'x (2)',
    ]);
  });
});
