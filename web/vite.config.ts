import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { defineConfig } from 'vitest/config';
import { copied, finished, licences, policyOf } from './plugins/files.ts';
import { kernel } from './plugins/kernel.ts';
import { network } from './plugins/network.ts';

const OUT_DIR = 'dist';
const LITERT = 'node_modules/@litertjs/core';
const LITERT_VERSION = JSON.parse(readFileSync(`${LITERT}/package.json`, 'utf8')).version;
// Of the version, so that browsers may keep it for good.
const RUNTIME = `litert-${LITERT_VERSION}/`;
const NETWORK = process.env.NETWORK ?? '../saved_models/scgan/scgan_float16.tflite';

export default defineConfig(() => {
  const ofNetwork = () => network(NETWORK, 'sizes.json', RUNTIME);
  const ofKernel = () => kernel('kernel/kernel.ts');
  return {
    base: './',
    build: {
      outDir: OUT_DIR,
      target: 'es2022',
      modulePreload: { polyfill: false },
      rollupOptions: {
        input: { index: 'index.html', sw: 'src/sw.ts' },
        output: { entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
      },
    },
    // LiteRT.js loads its own part by `importScripts`, which only a classic worker has.
    worker: { format: 'iife', plugins: () => [ofNetwork(), ofKernel()] },
    test: { include: ['tests/unit/**/*.test.ts'], testTimeout: 60_000 },
    plugins: [
      policyOf('public/_headers'),
      ofNetwork(),
      ofKernel(),
      copied(`${LITERT}/wasm`, /_(compat|threaded|wasm)_internal\.(js|wasm)$/, RUNTIME),
      copied('../examples', /\.jpg$/, 'examples/', 'virtual:examples'),
      licences('licenses.txt', [
        { title: `The page and LiteRT.js ${LITERT_VERSION} (The LiteRT Authors):`, file: '../LICENSE' },
        { title: 'The weights of the network:', file: `${dirname(NETWORK)}/LICENSE` },
        { title: 'The examples:', file: '../examples/SOURCES.md' },
      ]),
      finished(OUT_DIR, RUNTIME),
    ],
  };
});
