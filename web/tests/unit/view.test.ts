import { expect, it } from 'vitest';
import { View } from '../../src/page/view';

function viewOf(width: number, height: number): View {
  const view = new View();
  view.resize({ width: 400, height: 300 });
  view.show({ width, height });
  return view;
}

it('shows all of a picture, in the middle', () => {
  const { x, y, scale } = viewOf(4000, 1000);
  expect({ x, y, scale }).toEqual({ x: 0, y: 100, scale: 0.1 });
});

it('does not enlarge a small picture by itself', () => {
  const { x, y, scale } = viewOf(100, 100);
  expect({ x, y, scale }).toEqual({ x: 150, y: 100, scale: 1 });
});

it('keeps the point that it zooms at', () => {
  const view = viewOf(4000, 3000);
  const point = () => [(100 - view.x) / view.scale, (60 - view.y) / view.scale];
  const before = point();
  view.zoom(4, { x: 100, y: 60 });
  expect(point()[0]).toBeCloseTo(before[0]!);
  expect(point()[1]).toBeCloseTo(before[1]!);
});

it('zooms neither out of all of the picture nor in without end', () => {
  const view = viewOf(4000, 3000);
  view.zoom(0.5);
  expect(view.scale).toBe(0.1);
  view.zoom(1e6);
  expect(view.scale).toBe(16);
});

it('moves no further than to the edges', () => {
  const view = viewOf(4000, 3000);
  view.zoom(10);
  view.move(1e6, -1e6);
  expect({ x: view.x, y: view.y }).toEqual({ x: 0, y: 300 - 3000 });
});

it('goes on to show all of a picture when the window changes, unless it was zoomed', () => {
  const view = viewOf(4000, 3000);
  view.resize({ width: 800, height: 600 });
  expect(view.scale).toBe(0.2);
  view.zoom(2);
  view.resize({ width: 400, height: 300 });
  expect(view.scale).toBe(0.4);
});

it('tells where the divider is within the picture', () => {
  const view = viewOf(100, 300);
  expect(view.toPicture(0.5)).toBe(0.5);
  expect(view.toPicture(0)).toBe(0);
  expect(view.toPicture(0.45)).toBeCloseTo(0.3);
  expect(view.toPicture(0.9)).toBe(1);
});
