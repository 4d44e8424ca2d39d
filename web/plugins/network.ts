/** The network that the page is built with, and what it says of itself. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { fits, type NetworkInfo, type SizeTable } from '../src/network/sizes.ts';

const MODULE = 'virtual:network';
const DESCRIPTION = 'keras_scgan.json';

/**
 * Puts a `.tflite` file into the page, and makes the module `virtual:network`, whose default is a `NetworkInfo`.
 *
 * @param sizes path of what `sizes.py` wrote. A network of another architecture is offered at its own size alone.
 * @param runtime folder of LiteRT.js, relative to the page.
 */
export function network(path: string, sizes: string, runtime: string): Plugin {
  if (!existsSync(path)) throw new Error(`The network ${resolve(path)} does not exist: NETWORK names a .tflite file.`);
  const bytes = readFileSync(path);
  const described = JSON.parse(readFromZip(bytes, DESCRIPTION).toString('utf8'));
  if (described.network_input !== 'luma') throw new Error(`${path} colorizes ${described.network_input}, no photos.`);
  const table = JSON.parse(readFileSync(sizes, 'utf8')) as SizeTable;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const fileName = `networks/${basename(path, '.tflite')}-${sha256.slice(0, 8)}.tflite`;
  return {
    name: 'scgan-network',
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : null),
    load(id) {
      if (id !== `\0${MODULE}`) return null;
      const info: NetworkInfo = {
        url: fileName,
        size: described.image_size,
        stretchLuma: described.stretch_luma ?? false,
        table: fits(bytes, described.image_size, table) ? table : null,
        runtime,
      };
      return `export default ${JSON.stringify(info)};`;
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName, source: bytes });
    },
  };
}

const [END_OF_DIRECTORY, DEFLATED] = [0x06054b50, 8];

/** Reads a file of the zip archive at the end of a model. */
function readFromZip(bytes: Buffer, name: string): Buffer {
  let end = bytes.length - 22;
  while (end >= 0 && bytes.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error('The network has no description: export it by `scgan export`.');
  let entry = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = bytes.readUInt16LE(entry + 28);
    if (bytes.toString('utf8', entry + 46, entry + 46 + nameLength) === name) {
      const local = bytes.readUInt32LE(entry + 42);
      const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
      const data = bytes.subarray(start, start + bytes.readUInt32LE(entry + 20));
      return bytes.readUInt16LE(entry + 10) === DEFLATED ? inflateRawSync(data) : data;
    }
    entry += 46 + nameLength + bytes.readUInt16LE(entry + 30) + bytes.readUInt16LE(entry + 32);
  }
  throw new Error(`The network has no ${name}: export it by \`scgan export\`.`);
}
