/** ZIP archives of files that are compressed already, and so are stored as they are. */

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** What a ZIP without extensions holds. */
const [MAX_BYTES, MAX_FILES] = [0xffffffff, 0xffff];
const UTF_8_NAMES = 1 << 11;
const VERSION = 20;

export interface ZipEntry {
  readonly name: string;
  readonly blob: Blob;
  readonly time: Date;
}

/**
 * Puts files into one archive. Their bytes are not copied.
 *
 * @param entries files, by names that differ.
 * @throws RangeError if they are too many, or together too large.
 */
export async function zip(entries: readonly ZipEntry[]): Promise<Blob> {
  const files: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let offset = 0;
  let directoryBytes = 0;
  for (const { name, blob, time } of entries) {
    const encodedName = new TextEncoder().encode(name);
    const fields = [VERSION, UTF_8_NAMES, 0, ...dosTime(time)];
    const sizes = [await crc32(blob), blob.size, blob.size];
    const local = record([[4, 0x04034b50], ...u16(fields), ...u32(sizes), ...u16([encodedName.length, 0])]);
    const central = record([
      [4, 0x02014b50],
      ...u16([VERSION, ...fields]),
      ...u32(sizes),
      ...u16([encodedName.length, 0, 0, 0, 0]),
      ...u32([0, offset]),
    ]);
    files.push(local, encodedName, blob);
    directory.push(central, encodedName);
    offset += local.length + encodedName.length + blob.size;
    directoryBytes += central.length + encodedName.length;
  }
  if (offset + directoryBytes > MAX_BYTES || entries.length > MAX_FILES) {
    throw new RangeError('These results are too large for one ZIP: download them one by one.');
  }
  const count = entries.length;
  const end = record([[4, 0x06054b50], ...u16([0, 0, count, count]), ...u32([directoryBytes, offset]), ...u16([0])]);
  return new Blob([...files, ...directory, end], { type: 'application/zip' });
}

/**
 * Names of which no two are the same, even where case does not count: "photo (2).jpg".
 */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const dot = name.lastIndexOf('.') > 0 ? name.lastIndexOf('.') : name.length;
    let distinct = name;
    for (let i = 2; taken.has(distinct.toLowerCase()); i++) distinct = `${name.slice(0, dot)} (${i})${name.slice(dot)}`;
    taken.add(distinct.toLowerCase());
    return distinct;
  });
}

async function crc32(blob: Blob): Promise<number> {
  let crc = 0xffffffff;
  for await (const chunk of blob.stream()) {
    for (let i = 0; i < chunk.length; i++) crc = CRC_TABLE[(crc ^ chunk[i]!) & 0xff]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Time and date as MS-DOS had them. */
function dosTime(time: Date): [number, number] {
  return [
    (time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1),
    (Math.max(0, time.getFullYear() - 1980) << 9) | ((time.getMonth() + 1) << 5) | time.getDate(),
  ];
}

type Field = [bytes: number, value: number];
const u16 = (values: number[]): Field[] => values.map((value) => [2, value]);
const u32 = (values: number[]): Field[] => values.map((value) => [4, value]);

function record(fields: Field[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}
