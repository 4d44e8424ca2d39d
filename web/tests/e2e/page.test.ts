import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { DESKTOP, finished, PHONE } from './browser';
import { Pages } from './pages';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Where the pictures of the page go: into the documentation, if that is asked for. */
const SCREENSHOTS = process.env.UPDATE_SCREENSHOTS
  ? fileURLToPath(new URL('../../../docs/web', import.meta.url))
  : null;

const pages = new Pages();

const WINDOWS: Record<string, BrowserContextOptions> = {
  desktop: { viewport: DESKTOP },
  phone: PHONE,
  dark: { viewport: DESKTOP, colorScheme: 'dark' },
};

async function withExamples(options: BrowserContextOptions): Promise<Page> {
  const page = await pages.open('', options);
  await page.click('#examples');
  await page.locator('#list li').nth(7).waitFor();
  await finished(page);
  await page.getByRole('button', { name: 'nagasaki_boats.jpg done' }).click();
  return page;
}

/** Faults of accessibility, of the levels A and AA. */
async function faults(page: Page): Promise<string[]> {
  // The policy of the page forbids scripts of others, but not what a browser is told from outside.
  await page.addScriptTag({ path: AXE }).catch(() => undefined);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof import('axe-core') }).axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    }),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`);
}

describe.each(Object.entries(WINDOWS))('on a %s screen', (name, options) => {
  it('has no fault of accessibility, and is as it looks in the documentation', async () => {
    const page = await withExamples({ ...options, bypassCSP: true });
    expect(await faults(page)).toEqual([]);
    await page.locator('#stage').scrollIntoViewIfNeeded();
    const picture = await page.screenshot({ type: 'jpeg', quality: 80, ...pathOf(name) });
    expect(picture.length).toBeGreaterThan(20_000);
  });

  it('has none before there are photos', async () => {
    const page = await pages.open('', { ...options, bypassCSP: true });
    expect(await faults(page)).toEqual([]);
  });
});

function pathOf(name: string): { path?: string } {
  return SCREENSHOTS ? { path: join(SCREENSHOTS, `${name}.jpg`) } : {};
}

it('is as wide as a screen of 320 pixels', async () => {
  const page = await withExamples({ ...PHONE, viewport: { width: 320, height: 568 } });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  for (const id of ['choose', 'camera', 'split', 'vividness', 'size', 'show-saliency', 'download', 'download-all']) {
    expect(await page.locator(`#${id}`).isVisible(), id).toBe(true);
  }
});

it('is used by keys alone', async () => {
  const page = await withExamples({});
  const scale = () => page.locator('#picture').evaluate((picture) => new DOMMatrix(picture.style.transform).a);
  const left = () => page.locator('#picture').evaluate((picture) => new DOMMatrix(picture.style.transform).e);
  const press = async (key: string, times = 1) => {
    for (let i = 0; i < times; i++) await page.keyboard.press(key);
  };
  await page.locator('#list .choose').first().focus();
  await press('Tab', 2);
  await press('Enter');
  expect(await page.locator('#result-title').textContent()).toMatch(/^airplane_from_above.jpg/);
  await page.locator('#list .action').last().focus();
  await press('Tab');
  expect(await page.evaluate(() => document.activeElement!.id)).toBe('stage');
  const fitted = await scale();
  await press('+', 4);
  expect(await scale()).toBeCloseTo(fitted * 1.5 ** 4);
  const before = await left();
  await press('ArrowRight');
  expect(await left()).toBeLessThan(before);
  await press('1');
  expect(await scale()).toBe(1);
  await press('0');
  expect(await scale()).toBe(fitted);
  await press('Tab');
  await press('Home');
  expect(await page.locator('#after').evaluate((image) => image.style.clipPath)).toBe('inset(0px 0px 0px 0%)');
  await press('End');
  expect(await page.locator('#after').evaluate((image) => image.style.clipPath)).toBe('inset(0px 0px 0px 100%)');
});

it('shows the saliency map over the photo', async () => {
  const page = await withExamples({});
  expect(await page.locator('#saliency').isVisible()).toBe(false);
  await page.getByLabel('Show what stands out').check();
  const shown = await page.locator('#saliency').evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
    const levels = data.filter((_, i) => i % 4 === 3);
    return { width, height, low: Math.min(...levels), high: Math.max(...levels) };
  });
  expect(shown.width).toBe(224);
  expect(shown.low).toBeLessThan(30);
  expect(shown.high).toBeGreaterThan(100);
});

it('zooms where the wheel is turned, and is moved and divided by the mouse', async () => {
  const page = await withExamples({});
  const stage = (await page.locator('#stage').boundingBox())!;
  const [x, y] = [stage.x + stage.width / 4, stage.y + stage.height / 2];
  const matrix = () =>
    page.locator('#picture').evaluate((picture) => {
      const { a, e, f } = new DOMMatrix(picture.style.transform);
      return { a, e, f };
    });
  const before = await matrix();
  await page.mouse.move(x, y);
  await page.mouse.wheel(0, -1500);
  await page.waitForFunction((a) => new DOMMatrix(document.getElementById('picture')!.style.transform).a > a, before.a);
  const zoomed = await matrix();
  const place = (of: { a: number; e: number }) => (stage.width / 4 - of.e) / of.a;
  expect(place(zoomed)).toBeCloseTo(place(before), 0);
  await page.mouse.down();
  await page.mouse.move(x + 40, y);
  await page.mouse.up();
  expect((await matrix()).e).toBeCloseTo(zoomed.e + 40);
  await page.mouse.move(stage.x + stage.width / 2, y);
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width * 0.75, y);
  await page.mouse.up();
  expect(Number(await page.locator('#split').inputValue())).toBe(75);
});

it('shows more vivid colours while the slider is moved', async () => {
  const page = await withExamples({});
  await page.locator('#list .choose').last().click();
  await page.locator('#vividness').evaluate((slider: HTMLInputElement) => {
    slider.value = '1.6';
    slider.dispatchEvent(new Event('input'));
  });
  await page.locator('#preview').waitFor({ state: 'visible' });
  expect(await page.locator('#preview').evaluate((canvas: HTMLCanvasElement) => canvas.width)).toBeGreaterThan(500);
});
