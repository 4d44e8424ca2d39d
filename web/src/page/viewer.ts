/** The photo before and after, side by side at a divider. */

import type { SaliencyMap } from '../worker/messages';
import { element } from './elements';
import type { Item } from './queue';
import { View } from './view';

/** By how much a key or a button zooms, and how far an arrow moves, in pixels. */
const [ZOOM_STEP, MOVE_STEP] = [1.5, 60];

/** Zoom for each pixel that a wheel turns. */
const WHEEL_STEP = 1.0015;

export class Viewer {
  private readonly stage = element('stage', HTMLDivElement);
  private readonly picture = element('picture', HTMLDivElement);
  private readonly before = element('before', HTMLImageElement);
  private readonly after = element('after', HTMLImageElement);
  private readonly previewCanvas = element('preview', HTMLCanvasElement);
  private readonly saliency = element('saliency', HTMLCanvasElement);
  private readonly divider = element('divider', HTMLDivElement);
  private readonly split = element('split', HTMLInputElement);
  private readonly note = element('stage-note', HTMLParagraphElement);
  private readonly view = new View();
  private readonly pointers = new Map<number, PointerEvent>();
  private shown: { id: number; file: File; result: Blob | null } | null = null;
  private isSaliencyWanted = false;
  private isDividing = false;

  constructor() {
    new ResizeObserver(() => {
      this.view.resize({ width: this.stage.clientWidth, height: this.stage.clientHeight });
      this.place();
    }).observe(this.stage);
    this.before.addEventListener('load', () => this.measure(this.before));
    this.after.addEventListener('load', () => {
      this.measure(this.after);
      this.previewCanvas.hidden = true;
    });
    this.split.addEventListener('input', () => this.place());
    this.stage.addEventListener('keydown', (event) => this.onKey(event));
    this.stage.addEventListener('wheel', (event) => this.onWheel(event), { passive: false });
    this.stage.addEventListener('pointerdown', (event) => this.onPointerDown(event));
    this.stage.addEventListener('pointermove', (event) => this.onPointerMove(event));
    for (const name of ['pointerup', 'pointercancel'] as const) {
      this.stage.addEventListener(name, (event) => {
        this.pointers.delete(event.pointerId);
        this.isDividing = false;
      });
    }
    const buttons = { 'zoom-in': '+', 'zoom-out': '-', 'zoom-fit': '0', 'zoom-whole': '1' };
    for (const [id, key] of Object.entries(buttons)) {
      element(id, HTMLButtonElement).addEventListener('click', () => this.act(key));
    }
  }

  /** Shows an item, or nothing. */
  show(item: Item | null): void {
    const result = item?.result?.blob ?? null;
    if (item?.file !== this.shown?.file) {
      setSource(this.before, item?.file ?? null);
      this.before.alt = item ? `${item.path}, as it is` : '';
      this.previewCanvas.hidden = true;
    }
    if (result !== this.shown?.result) {
      setSource(this.after, result);
      this.after.alt = item ? `${item.path}, with colours` : '';
    }
    this.shown = item ? { id: item.id, file: item.file, result } : null;
    this.after.hidden = this.divider.hidden = !result;
    this.note.hidden = item?.state !== 'failed';
    this.note.textContent = item?.state === 'failed' ? item.message : '';
    this.drawSaliency(item?.result?.saliency ?? null);
    this.place();
  }

  /** Shows other colours over the result, until the next one is loaded. */
  preview(bitmap: ImageBitmap): void {
    this.previewCanvas.width = bitmap.width;
    this.previewCanvas.height = bitmap.height;
    this.previewCanvas.getContext('bitmaprenderer')!.transferFromImageBitmap(bitmap);
    this.previewCanvas.hidden = false;
    this.place();
  }

  showSaliency(isWanted: boolean): void {
    this.isSaliencyWanted = isWanted;
    this.saliency.hidden = !isWanted || !this.saliency.width;
  }

  private measure({ naturalWidth: width, naturalHeight: height }: HTMLImageElement): void {
    const isKnown = this.picture.style.width === `${width}px` && this.picture.style.height === `${height}px`;
    if (isKnown) return;
    this.picture.style.width = `${width}px`;
    this.picture.style.height = `${height}px`;
    this.view.show({ width, height });
    this.place();
  }

  private place(): void {
    const { x, y, scale } = this.view;
    const place = Number(this.split.value) / 100;
    this.picture.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    this.divider.style.left = `${100 * place}%`;
    const clip = `inset(0 0 0 ${100 * this.view.toPicture(place)}%)`;
    this.after.style.clipPath = this.previewCanvas.style.clipPath = clip;
  }

  private drawSaliency(map: SaliencyMap | null): void {
    this.saliency.width = map?.width ?? 0;
    this.saliency.height = map?.height ?? 0;
    this.showSaliency(this.isSaliencyWanted);
    if (!map) return;
    const image = new ImageData(map.width, map.height);
    map.data.forEach((level, i) => image.data.set([255, 60, 0, 0.75 * level], 4 * i));
    this.saliency.getContext('2d')!.putImageData(image, 0, 0);
  }

  private act(key: string): boolean {
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [MOVE_STEP, 0],
      ArrowRight: [-MOVE_STEP, 0],
      ArrowUp: [0, MOVE_STEP],
      ArrowDown: [0, -MOVE_STEP],
    };
    if (key in moves) this.view.move(...moves[key]!);
    else if (key === '+' || key === '=') this.view.zoom(ZOOM_STEP);
    else if (key === '-') this.view.zoom(1 / ZOOM_STEP);
    else if (key === '0') this.view.fit();
    else if (key === '1') this.view.zoom(1 / this.view.scale);
    else return false;
    this.place();
    return true;
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (this.act(event.key)) event.preventDefault();
  }

  private onWheel(event: WheelEvent): void {
    event.preventDefault();
    this.view.zoom(WHEEL_STEP ** -event.deltaY, this.within(event));
    this.place();
  }

  private onPointerDown(event: PointerEvent): void {
    this.pointers.set(event.pointerId, event);
    this.stage.setPointerCapture(event.pointerId);
    this.isDividing = event.target === this.divider;
  }

  private onPointerMove(event: PointerEvent): void {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const other = [...this.pointers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    if (this.isDividing) {
      this.split.value = String((100 * this.within(event).x) / this.stage.clientWidth);
    } else if (other) {
      const distance = (a: PointerEvent) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY);
      this.view.zoom(distance(event) / Math.max(1, distance(last)), this.within(other));
    } else {
      this.view.move(event.clientX - last.clientX, event.clientY - last.clientY);
    }
    this.pointers.set(event.pointerId, event);
    this.place();
  }

  private within({ clientX, clientY }: MouseEvent): { x: number; y: number } {
    const { left, top } = this.stage.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}

/** Shows a file in an image, and lets go of the one before. */
function setSource(image: HTMLImageElement, blob: Blob | null): void {
  if (image.src.startsWith('blob:')) URL.revokeObjectURL(image.src);
  if (blob) image.src = URL.createObjectURL(blob);
  else image.removeAttribute('src');
}
