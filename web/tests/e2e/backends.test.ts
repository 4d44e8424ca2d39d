import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareWithPython, writePhotos } from '../reference';
import { colorize, DIST, download } from './browser';
import { Pages } from './pages';

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const SOFTWARE_GPU = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

describe('without a GPU', () => {
  const pages = new Pages();

  it.each([
    ['', /by WASM, \d+ threads?\.$/],
    ['?threads=1', /by WASM, 1 thread\.$/],
    ['?backend=wasm&threads=2', /by WASM, 2 threads\.$/],
    ['?backend=webgpu', /by WASM, \d+ threads?\. This browser has no WebGPU\.$/],
    ['?backend=abacus', /\?backend= is wasm, webgpu or auto, not abacus\.$/],
  ])('the address %s takes what it can', async (query, said) => {
    const page = await pages.open(query);
    expect(await page.textContent('#engine')).toMatch(said);
  });

  it('runs with one thread on a host that sends no headers', async () => {
    const server = createServer(async (request, response) => {
      const path = request.url!.split('?')[0]!;
      const name = path.endsWith('/') ? 'index.html' : path;
      response.setHeader('Content-Type', TYPES[extname(name)] ?? 'application/octet-stream');
      response.end(await readFile(join(DIST, name)).catch(() => ''));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const page = await pages.open('', {}, `http://127.0.0.1:${port}/`);
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await page.textContent('#engine')).toMatch(/by WASM, 1 thread\.$/);
    await page.context().close();
    server.close();
  });

  it('asks no other host, because its policy forbids it', async () => {
    const page = await pages.open();
    const refused = await page.evaluate(
      () =>
        new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
          fetch('https://example.org/').catch(() => undefined);
        }),
    );
    expect(refused).toBe('connect-src');
    const complaints = pages.complaints.splice(0);
    expect(complaints.filter((complaint) => complaint.startsWith('asked for'))).toEqual([]);
    expect(complaints).not.toEqual([]);
  });
});

describe('with WebGPU in software', () => {
  const pages = new Pages(...SOFTWARE_GPU);
  let photo: string;

  beforeAll(() => {
    photo = writePhotos(pages.folder)['gray.png']!;
  });

  it.each(['', '?backend=webgpu', '?backend=wasm'])('the address %s gives the colours of Python', async (query) => {
    const page = await pages.open(query);
    const said = (await page.textContent('#engine'))!;
    expect(said).toMatch(query === '?backend=webgpu' ? /by WebGPU\.$/ : /by WASM, \d threads?\.$/);
    await colorize(page, photo);
    const { largest } = compareWithPython(photo, await download(page, '#download', pages.folder));
    expect(largest).toBeLessThanOrEqual(2);
  });
});
