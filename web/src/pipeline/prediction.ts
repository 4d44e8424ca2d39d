import { crop, cut } from './cubics';
import { contentSize } from './network_input';
import { floatPlane, type FloatPlane, type Size } from './plane';

/** What the network predicts for one photo. */
export interface Prediction {
  /** Pixels of a side of what the network saw. */
  readonly square: number;
  /** Pixels of a side of the chroma. */
  readonly chromaSide: number;
  /** `[chromaSide, chromaSide, 2]` Cb and Cr in [-1, 1]. */
  readonly chroma: Float32Array;
  /** `[square, square]` in [0, 1], or `null` of a network that predicts none. */
  readonly saliency: Float32Array | null;
}

/** Cb and Cr in [-0.5, 0.5] of the photo alone, without its mirror images. */
export function chromaOf({ chroma, chromaSide, square }: Prediction, photo: Size): [cb: FloatPlane, cr: FloatPlane] {
  const content = contentSize(photo, square);
  const scale = chromaSide / square;
  const planeOf = (channel: number) => {
    // The networks' range is 2 wide, that of chroma 1.
    const data = Float32Array.from({ length: chromaSide ** 2 }, (_, i) => chroma[2 * i + channel]! / 2);
    return cut(floatPlane(chromaSide, chromaSide, data), content.width * scale, content.height * scale);
  };
  return [planeOf(0), planeOf(1)];
}

/** The saliency map of the photo alone, at the network's size; `null` if none is predicted. */
export function saliencyOf({ saliency, square }: Prediction, photo: Size): FloatPlane | null {
  const { width, height } = contentSize(photo, square);
  return saliency && crop(floatPlane(square, square, saliency), width, height);
}
