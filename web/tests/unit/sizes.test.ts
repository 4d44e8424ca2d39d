import { expect, it } from 'vitest';
import { fits, resized, sizesOf, type NetworkInfo } from '../../src/network/sizes';

const TABLE = { places: [1, 3], values: { '320': [8, 9], '128': [7, -2], '224': [0x1010101, 0x1010101] } };
const INFO: NetworkInfo = { url: '', size: 224, stretchLuma: true, table: TABLE, runtime: '' };
const MODEL = new Uint8Array(18).fill(1);

it('lists the sizes of a network from small to large', () => {
  expect(sizesOf(INFO)).toEqual([128, 224, 320]);
  expect(sizesOf({ ...INFO, table: null })).toEqual([224]);
});

it('writes the numbers of a size into a copy of the model', () => {
  const before = MODEL.slice();
  const numbers = new DataView(resized(MODEL, INFO, 128).buffer);
  expect([numbers.getInt32(4, true), numbers.getInt32(12, true)]).toEqual([7, -2]);
  expect([numbers.getInt32(0), numbers.getInt32(8), numbers.getInt16(16)]).toEqual([0x1010101, 0x1010101, 0x101]);
  expect(MODEL).toEqual(before);
  expect(resized(MODEL, INFO, 224)).toBe(MODEL);
});

it('names a size at which the network does not run', () => {
  expect(() => resized(MODEL, INFO, 256)).toThrow('at 256 pixels');
  expect(() => resized(MODEL, { ...INFO, table: null }, 128)).toThrow('at 128 pixels');
});

it('takes a table for that of a model by what the model says', () => {
  expect(fits(MODEL, 224, TABLE)).toBe(true);
  expect(fits(MODEL, 128, TABLE)).toBe(false);
  expect(fits(MODEL, 256, TABLE)).toBe(false);
  expect(fits(MODEL.subarray(0, 12), 224, TABLE)).toBe(false);
});
