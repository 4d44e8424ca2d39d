/** What a JPEG tells beside its pixels, carried over to its colour version as `keras_scgan.photos` does. */

const [APP0, APP1, APP13, COMMENT, START_OF_SCAN] = [0xe0, 0xe1, 0xed, 0xfe, 0xda];
const EXIF_MARK = 'Exif\0\0';
const XMP_MARK = 'http://ns.adobe.com/xap/1.0/\0';
const PHOTOSHOP_MARK = 'Photoshop 3.0\0';
const JFIF_MARK = 'JFIF\0';
const [ORIENTATION, SHORT, TIFF_MAGIC, ENTRY] = [274, 3, 42, 12];

/** Place of unit and density within a JFIF segment, and how many bytes they are. */
const [DENSITY, DENSITY_BYTES] = [11, 5];

/** A segment of a JPEG with its marker and its length. */
interface Segment {
  readonly marker: number;
  readonly start: number;
  /** All of it, whose content begins at `CONTENT`. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const CONTENT = 4;

/**
 * A JPEG with the EXIF, XMP, IPTC, comment and resolution of another one.
 *
 * Of EXIF and XMP, the result says that it is upright; EXIF has no thumbnail, which would be grey.
 *
 * @param encoded the JPEG as a browser has encoded it.
 * @param original bytes of the photo that it was made of.
 */
export async function withMetadata(encoded: Blob, original: Uint8Array<ArrayBuffer>): Promise<Blob> {
  const told = segmentsOf(original);
  const carried = told.map(carriedOver).filter((segment) => segment !== null);
  const [first] = segmentsOf(new Uint8Array(await encoded.slice(0, 1 << 10).arrayBuffer()));
  if (!first || !isJfif(first)) return encoded;
  const density = told.find(isJfif)?.bytes.subarray(DENSITY, DENSITY + DENSITY_BYTES);
  const header = first.bytes.slice();
  if (density?.[0]) header.set(density, DENSITY); // a unit of 0 is no resolution
  const rest = encoded.slice(first.start + first.bytes.length);
  return new Blob([new Uint8Array([0xff, 0xd8]), header, ...carried, rest], { type: encoded.type });
}

/** Segments before the pixels. Of a damaged JPEG, those before the damage. */
function segmentsOf(jpeg: Uint8Array<ArrayBuffer>): Segment[] {
  const segments: Segment[] = [];
  let at = 2;
  while (at + CONTENT <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== START_OF_SCAN) {
    if (jpeg[at + 1] === 0xff) {
      at++; // bytes that fill
      continue;
    }
    const end = at + 2 + ((jpeg[at + 2]! << 8) | jpeg[at + 3]!);
    if (end > jpeg.length || end < at + CONTENT) break;
    segments.push({ marker: jpeg[at + 1]!, start: at, bytes: jpeg.subarray(at, end) });
    at = end;
  }
  return segments;
}

function carriedOver(segment: Segment): Uint8Array<ArrayBuffer> | null {
  const { marker, bytes } = segment;
  if (marker === COMMENT || (marker === APP13 && contentBegins(bytes, PHOTOSHOP_MARK))) return bytes;
  if (marker !== APP1) return null;
  if (contentBegins(bytes, EXIF_MARK)) return uprightExif(bytes);
  return contentBegins(bytes, XMP_MARK) ? uprightXmp(bytes) : null;
}

function isJfif({ marker, bytes }: Segment): boolean {
  return marker === APP0 && contentBegins(bytes, JFIF_MARK) && bytes.length >= DENSITY + DENSITY_BYTES;
}

function contentBegins(bytes: Uint8Array, mark: string): boolean {
  return bytes.length >= CONTENT + mark.length && [...mark].every((c, i) => bytes[CONTENT + i] === c.charCodeAt(0));
}

/** EXIF of a picture that has been turned upright and colorized; `null` of damaged one. */
function uprightExif(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | null {
  const patched = bytes.slice();
  const tiff = new DataView(patched.buffer, CONTENT + EXIF_MARK.length);
  try {
    const isLittle = tiff.getUint16(0) === 0x4949;
    if (tiff.getUint16(2, isLittle) !== TIFF_MAGIC) return null;
    const start = tiff.getUint32(4, isLittle) + 2;
    const end = start + ENTRY * tiff.getUint16(start - 2, isLittle);
    tiff.setUint32(end, 0, isLittle); // where the tags of the thumbnail would be
    for (let entry = start; entry < end; entry += ENTRY) {
      if (tiff.getUint16(entry, isLittle) !== ORIENTATION) continue;
      tiff.setUint16(entry + 2, SHORT, isLittle);
      tiff.setUint32(entry + 4, 1, isLittle);
      tiff.setUint16(entry + 8, 1, isLittle);
      tiff.setUint16(entry + 10, 0, isLittle);
    }
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
  return patched;
}

/** XMP of a picture that has been turned upright. */
function uprightXmp(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const patched = bytes.slice();
  // Of bytes, so that nothing of the text is lost.
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  for (const match of text.matchAll(/tiff:Orientation(?:>|=["'])(?=[2-8])/g)) {
    patched[match.index + match[0].length] = '1'.charCodeAt(0);
  }
  return patched;
}
