/** Which part of a picture is shown, and how large: zoom and pan. */

import type { Size } from '../pipeline/plane';

/** Of its own size, what a picture is enlarged to at most. */
const MAX_SCALE = 16;

/** Places of a picture within a window: `x` and `y` of its top left corner, in pixels of the window. */
export class View {
  scale = 1;
  x = 0;
  y = 0;
  private isFitted = true;

  private window: Size = { width: 1, height: 1 };
  private picture: Size = { width: 1, height: 1 };

  /** Shows another picture, all of it. */
  show(picture: Size): void {
    this.picture = picture;
    this.fit();
  }

  /** Takes a window of another size. A picture that was all shown still is. */
  resize(window: Size): void {
    this.window = window;
    if (this.isFitted) this.fit();
    else this.keepInside();
  }

  /** Scale at which all of the picture is shown. Small ones are not enlarged. */
  get fittedScale(): number {
    const { window, picture } = this;
    return Math.min(1, window.width / picture.width, window.height / picture.height);
  }

  fit(): void {
    this.scale = this.fittedScale;
    this.isFitted = true;
    this.keepInside();
  }

  /** Changes the scale by a factor. A point of the window, by default its middle, stays where it is. */
  zoom(factor: number, at = { x: this.window.width / 2, y: this.window.height / 2 }): void {
    const scale = Math.min(MAX_SCALE, Math.max(this.fittedScale, this.scale * factor));
    const change = scale / this.scale;
    this.x = at.x - (at.x - this.x) * change;
    this.y = at.y - (at.y - this.y) * change;
    this.scale = scale;
    this.isFitted = scale === this.fittedScale;
    this.keepInside();
  }

  move(x: number, y: number): void {
    this.x += x;
    this.y += y;
    this.keepInside();
  }

  /** Where a place of the window, in [0, 1] from left to right, is within the picture, in [0, 1]. */
  toPicture(place: number): number {
    const within = (place * this.window.width - this.x) / (this.scale * this.picture.width);
    return Math.min(1, Math.max(0, within));
  }

  private keepInside(): void {
    this.x = inside(this.x, this.scale * this.picture.width, this.window.width);
    this.y = inside(this.y, this.scale * this.picture.height, this.window.height);
  }
}

/** A place at which a picture fills its window, or is in the middle of it if it is smaller. */
function inside(place: number, length: number, room: number): number {
  return length <= room ? (room - length) / 2 : Math.min(0, Math.max(room - length, place));
}
