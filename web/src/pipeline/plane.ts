export interface Size {
  readonly width: number;
  readonly height: number;
}

/** One channel of a picture, row by row. */
export interface Plane<T extends Uint8Array | Float32Array> extends Size {
  readonly data: T;
}

export type GrayPlane = Plane<Uint8Array>;
export type FloatPlane = Plane<Float32Array>;

export function floatPlane(
  width: number,
  height: number,
  data: Float32Array = new Float32Array(width * height),
): FloatPlane {
  return { width, height, data };
}

export function grayPlane(width: number, height: number, data: Uint8Array): GrayPlane {
  return { width, height, data };
}
