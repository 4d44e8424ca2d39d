/** Files that the page has beside what is bundled: LiteRT.js, the examples, and what the service worker has to know. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/**
 * Puts files of the kind that a name ends in into a folder of the page.
 *
 * @param target the folder, which ends in a slash.
 * @param module name of a module whose default is the list of their names, if one is wanted.
 */
export function copied(folder: string, suffix: RegExp, target: string, module?: string): Plugin {
  const names = readdirSync(folder).filter((file) => suffix.test(file));
  return {
    name: `scgan-copied-${target}`,
    resolveId: (id) => (id === module ? `\0${module}` : null),
    load: (id) => (id === `\0${module}` ? `export default ${JSON.stringify(names)};` : null),
    generateBundle() {
      for (const name of names) {
        this.emitFile({ type: 'asset', fileName: target + name, source: readFileSync(join(folder, name)) });
      }
    },
  };
}

/** The licences of what the page consists of, as one text. Parts whose file is not there are left out. */
export function licences(target: string, parts: { title: string; file: string }[]): Plugin {
  return {
    name: 'scgan-licences',
    generateBundle() {
      const told = parts.filter(({ file }) => existsSync(file));
      const source = told.map(({ title, file }) => `${title}\n\n${readFileSync(file, 'utf8')}`).join('\n\n');
      this.emitFile({ type: 'asset', fileName: target, source });
    },
  };
}

/** The Content-Security-Policy of `_headers` in the page itself, for hosts that send no headers. */
export function policyOf(headers: string): Plugin {
  const policy = /Content-Security-Policy: (.+)/.exec(readFileSync(headers, 'utf8'))?.[1];
  if (!policy) throw new Error(`${headers} has no Content-Security-Policy.`);
  // What only a header can say is an error in a page.
  const content = policy.replace(/; frame-ancestors [^;]+/, '');
  return {
    name: 'scgan-policy',
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content }, injectTo: 'head-prepend' },
    ],
  };
}

const NOT_KEPT = /^(_headers|sw\.js|examples\/|litert-)|\.gz$/;
const COMPRESSED = /\.(html|js|css|wasm|tflite|svg|json|webmanifest)$/;

/**
 * Tells the service worker which files it keeps, and writes each file that gains by it compressed too.
 *
 * The version of the page is a hash of all of its files.
 *
 * @param folder of the page.
 * @param runtime folder of LiteRT.js within it.
 */
export function finished(folder: string, runtime: string): Plugin {
  return {
    name: 'scgan-finished',
    apply: 'build',
    enforce: 'post',
    closeBundle() {
      const names = filesOf(folder).filter((name) => !name.endsWith('.gz'));
      const hash = createHash('sha256');
      for (const name of names) hash.update(name).update(readFileSync(join(folder, name)));
      const worker = join(folder, 'sw.js');
      const kept = names.filter((name) => !NOT_KEPT.test(name)).map((name) => (name === 'index.html' ? './' : name));
      const source = readFileSync(worker, 'utf8')
        .replace('%VERSION%', hash.digest('hex').slice(0, 12))
        .replace('%FILES%', kept.join('|'))
        .replace('%RUNTIME%', runtime);
      writeFileSync(worker, source);
      for (const name of names.filter((file) => COMPRESSED.test(file))) {
        const bytes = readFileSync(join(folder, name));
        const compressed = gzipSync(bytes, { level: 9 });
        if (compressed.length < 0.95 * bytes.length) writeFileSync(join(folder, `${name}.gz`), compressed);
      }
    },
  };
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => relative(folder, join(folder, name)).split(sep).join('/'))
    .sort();
}
