/** The kernel, which does what is done with every pixel: see `kernel/kernel.ts`. */

import encoded from 'virtual:kernel';

/** What the kernel exports. Arguments are addresses in its memory and numbers: see there. */
export interface KernelFunctions {
  luma(rgba: number, count: number, target: number): number;
  shrinkBytes: Shrink;
  shrinkFloats: Shrink;
  refineRoom(width: number, newWidth: number): number;
  // prettier-ignore
  refine(
    model: number, width: number, height: number, columns: number, rows: number,
    guide: number, newWidth: number, newHeight: number, refined: number, room: number,
  ): void;
  // prettier-ignore
  paint(
    model: number, width: number, height: number, columns: number, rows: number,
    gray: number, newWidth: number, top: number, count: number, vividness: number, rgba: number, room: number,
  ): void;
}

// prettier-ignore
type Shrink = (
  source: number, width: number, height: number, target: number, newWidth: number, newHeight: number, sums: number,
) => void;

const module = new WebAssembly.Module(Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0)));

const [PAGE, ALIGNMENT] = [1 << 16, 16];

/** An instance of the kernel with memory of its own, which is gone when the instance is. */
export class Kernel {
  readonly run: KernelFunctions;
  private readonly memory = new WebAssembly.Memory({ initial: 1 });
  private end = ALIGNMENT;

  constructor() {
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory } });
    this.run = instance.exports as unknown as KernelFunctions;
  }

  /** Takes room for bytes. Returns its address. Arrays that were made of other room are void. */
  take(bytes: number): number {
    const start = this.end;
    this.end += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const missing = Math.ceil((this.end - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.memory.grow(missing);
    return start;
  }

  /** Takes room, and puts an array there. */
  put(array: Int32Array | Float32Array): number {
    const start = this.take(array.byteLength);
    new Uint8Array(this.memory.buffer, start).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return start;
  }

  /** Gives back all the room that was taken since this is what `mark` returned. */
  release(mark: number): void {
    this.end = mark;
  }

  mark(): number {
    return this.end;
  }

  bytes(start: number, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.memory.buffer, start, length);
  }

  floats(start: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, start, length);
  }
}
