/** Models of static sizes, changed to run at another size. */

/** What `sizes.py` writes: numbers of 32 bits of a model, by their places, at each size. */
export interface SizeTable {
  readonly places: readonly number[];
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** The network that the page was built with. */
export interface NetworkInfo {
  /** Where it is, relative to the page. */
  readonly url: string;
  /** Pixels of a side of what it sees, unless it is changed. */
  readonly size: number;
  /** Whether it sees the luma stretched: see `networkInput`. */
  readonly stretchLuma: boolean;
  readonly table: SizeTable | null;
  /** Folder of LiteRT.js, relative to the page. */
  readonly runtime: string;
}

/** Sizes at which a network runs, from small to large. */
export function sizesOf({ size, table }: NetworkInfo): number[] {
  return table
    ? Object.keys(table.values)
        .map(Number)
        .sort((a, b) => a - b)
    : [size];
}

/** Whether a table is one of a model, which says at its places what the table says of the model's size. */
export function fits(model: Uint8Array, size: number, { places, values }: SizeTable): boolean {
  const numbers = new DataView(model.buffer, model.byteOffset, model.byteLength);
  const own = values[size] ?? [];
  return (
    own.length === places.length &&
    places.every((place, i) => 4 * place + 4 <= model.length && numbers.getInt32(4 * place, true) === own[i])
  );
}

/**
 * The model for a size.
 *
 * @param model bytes of the model as it was exported, which are left as they are.
 * @throws RangeError if the network does not run at this size.
 */
export function resized(model: Uint8Array, { size: own, table }: NetworkInfo, size: number): Uint8Array {
  if (size === own) return model;
  const values = table?.values[size];
  if (!table || !values) throw new RangeError(`The network does not run at ${size} pixels.`);
  const changed = model.slice();
  const numbers = new DataView(changed.buffer);
  table.places.forEach((place, i) => numbers.setInt32(4 * place, values[i]!, true));
  return changed;
}
