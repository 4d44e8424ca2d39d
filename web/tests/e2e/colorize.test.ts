import { beforeAll, expect, it } from 'vitest';
import { compareWithPython, describeFile, writePhotos } from '../reference';
import { colorize, download, finished, rows, times } from './browser';
import { Pages } from './pages';

const pages = new Pages();
let photos: Record<string, string>;

beforeAll(() => {
  photos = writePhotos(pages.folder);
});

/** Paths of photos by their names. */
const paths = (...names: string[]) => names.map((name) => photos[name]!);

it.each(['gray.png', 'color.png', 'tiny.png'])('colorizes %s as Python does', async (name) => {
  const page = await pages.open();
  await colorize(page, paths(name));
  const result = await download(page, '#download', pages.folder);
  const { largest, mean } = compareWithPython(photos[name]!, result);
  expect(largest).toBeLessThanOrEqual(2);
  expect(mean).toBeLessThan(0.1);
});

it('keeps alpha, under which the network sees black', async () => {
  const page = await pages.open();
  await colorize(page, paths('alpha.png'));
  const result = await download(page, '#download', pages.folder);
  expect(describeFile(result).alpha).toEqual(describeFile(photos['alpha.png']!).alpha);
  expect(describeFile(result).colors).toBe(true);
});

it('keeps what a JPEG tells, and says that it is upright', async () => {
  const page = await pages.open();
  await colorize(page, paths('rotated.jpg'));
  const path = await download(page, '#download', pages.folder);
  expect(path).toMatch(/rotated_colorized\.jpg$/);
  expect(describeFile(path)).toMatchObject({
    format: 'JPEG',
    size: [500, 700],
    colors: true,
    orientation: 1,
    maker: 'Camera & Sons',
    dpi: [300, 300],
    comment: 'of 1890',
  });
});

it('writes WebP as WebP, and what browsers do not write as PNG', async () => {
  const page = await pages.open();
  await colorize(page, paths('photo.webp', 'photo.gif'));
  expect(describeFile(await download(page, '#download', pages.folder))).toMatchObject({ format: 'WEBP', colors: true });
  await page.click('#list li:nth-child(2) .choose');
  expect(describeFile(await download(page, '#download', pages.folder))).toMatchObject({ format: 'PNG', colors: true });
});

it('names files that are bad, and does the others', async () => {
  const page = await pages.open();
  await colorize(page, paths('no_photo.jpg', 'empty.png', 'cut_off.jpg', 'gray.png'));
  expect(await rows(page)).toEqual([
    { name: 'no_photo.jpg', state: 'failed', said: 'no picture that this browser reads' },
    { name: 'empty.png', state: 'failed', said: 'empty file' },
    { name: 'cut_off.jpg', state: 'failed', said: 'damaged: its end is missing' },
    { name: 'gray.png', state: 'done', said: 'done' },
  ]);
});

it('makes colours more vivid without running the network again', async () => {
  const page = await pages.open();
  await colorize(page, paths('gray.png'));
  const before = await download(page, '#download', pages.folder);
  const { mean } = compareWithPython(photos['gray.png']!, before);
  const [first] = await times(page);
  await page.locator('#vividness').fill('2');
  expect(await page.textContent('#vividness-value')).toBe('200 %');
  await page.waitForFunction(
    (old) => document.querySelector<HTMLElement>('#list li')!.dataset.times !== old,
    JSON.stringify(first),
  );
  const [second] = await times(page);
  expect(second!.network).toBeLessThan(first!.network / 4);
  const after = await download(page, '#download', pages.folder);
  expect(compareWithPython(photos['gray.png']!, after).mean).toBeGreaterThan(mean + 1);
});

it('lets the network see the photo at each of its sizes', async () => {
  const page = await pages.open();
  await colorize(page, paths('gray.png'));
  const means: Record<string, number> = {};
  for (const place of ['0', '2', '3', '1']) {
    await page.locator('#size').fill(place);
    await finished(page);
    const { mean } = compareWithPython(photos['gray.png']!, await download(page, '#download', pages.folder));
    means[(await page.textContent('#size-value'))!] = mean;
  }
  expect(Object.keys(means)).toEqual(['128 pixels', '320 pixels', '448 pixels', '224 pixels']);
  expect(means['224 pixels']).toBeLessThan(0.1);
  for (const size of [128, 320, 448]) {
    // Other colours, but of the same photo.
    expect(means[`${size} pixels`]).toBeGreaterThan(0.5);
    expect(means[`${size} pixels`]).toBeLessThan(15);
  }
});

it('cancels, tries again and removes', async () => {
  const page = await pages.open();
  await page.setInputFiles('#choose-input', paths('megapixels_24.jpg', 'megapixels_12.jpg', 'gray.png'));
  await page.click('#cancel-all');
  await finished(page);
  expect((await rows(page)).map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
  await page.click('#list li:nth-child(3) .action');
  await finished(page);
  expect((await rows(page)).map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'done']);
  await page.click('#list li:nth-child(3) .action');
  expect((await rows(page)).map(({ name }) => name)).toEqual(['megapixels_24.jpg', 'megapixels_12.jpg']);
  await page.click('#remove-all');
  expect(await page.locator('#work').isHidden()).toBe(true);
});

it('puts all results into a ZIP, under their own names', async () => {
  const page = await pages.open();
  await colorize(page, paths('gray.png', 'rotated.jpg', 'photo.gif'));
  await colorize(page, paths('gray.png', 'no_photo.jpg'));
  const path = await download(page, '#download-all', pages.folder);
  expect(describeFile(path)).toEqual({
    damaged: null,
    names: ['gray.png', 'rotated.jpg', 'photo.png', 'gray (2).png'],
  });
});

it('takes photos that are dropped, pasted, taken by a camera, and of a folder', async () => {
  const page = await pages.open();
  for (const kind of ['drop', 'paste']) {
    await page.evaluate(async (name) => {
      const transfer = new DataTransfer();
      const bytes = await (await fetch('examples/march_pastoral.jpg')).blob();
      transfer.items.add(new File([bytes], `${name}.jpg`, { type: 'image/jpeg' }));
      const options = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(
        name === 'drop'
          ? new DragEvent('drop', { ...options, dataTransfer: transfer })
          : new ClipboardEvent('paste', { ...options, clipboardData: transfer }),
      );
    }, kind);
    await page.getByText(`${kind}.jpg`).first().waitFor();
  }
  await page.setInputFiles('#camera-input', paths('gray.png'));
  await page.setInputFiles('#folder-input', pages.folder);
  await page.locator('#list li').nth(12).waitFor();
  const names = (await rows(page)).map(({ name }) => name);
  expect(names.slice(0, 3)).toEqual(['drop.jpg', 'paste.jpg', 'gray.png']);
  expect(names.slice(3).filter((name) => !/\/\w+( \(\d\))?\.(jpg|png|webp|gif)$/.test(name))).toEqual([]);
  await page.click('#cancel-all');
});
