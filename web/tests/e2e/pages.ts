/** What the tests in a browser share. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { DESKTOP, launch, READY, serve, type Server } from './browser';

/** Milliseconds that a step may take on a machine that is busy. */
const TIMEOUT = 150_000;

/** What the tests of a file have: a server, a browser, and pages of which nothing but the server is asked. */
export class Pages {
  server!: Server;
  browser!: Browser;
  /** A folder that is gone at the end. */
  readonly folder = mkdtempSync(join(tmpdir(), 'scgan-web-'));
  /** What went wrong on a page: an error, a request to another host, or something that its policy forbids. */
  complaints: string[] = [];

  constructor(...args: string[]) {
    beforeAll(async () => {
      [this.server, this.browser] = await Promise.all([serve(), launch(...args)]);
    });
    afterEach(async () => {
      await Promise.all(this.browser.contexts().map((context) => context.close()));
      expect(this.complaints.splice(0)).toEqual([]);
    });
    afterAll(async () => {
      await this.browser.close();
      await this.server.stop();
      rmSync(this.folder, { recursive: true });
    });
  }

  /** Opens the page, and waits until the network is ready. */
  async open(query = '', options: BrowserContextOptions = {}, address = this.server.address): Promise<Page> {
    const context = await this.browser.newContext({ viewport: DESKTOP, ...options });
    context.setDefaultTimeout(TIMEOUT);
    const page = await context.newPage();
    page.on('pageerror', (error) => this.complaints.push(error.message));
    context.on('request', (request) => {
      const isLocal = request.url().startsWith(address) || request.url().startsWith(`blob:${address}`);
      if (!isLocal) this.complaints.push(`asked for ${request.url()}`);
    });
    page.on('console', (message) => {
      if (/Content.Security.Policy/i.test(message.text())) this.complaints.push(message.text());
    });
    await page.goto(address + query);
    await page.locator(READY).waitFor();
    return page;
  }
}
