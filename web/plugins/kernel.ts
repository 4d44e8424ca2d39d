/** The kernel, compiled from AssemblyScript. */

import asc from 'assemblyscript/asc';
import type { Plugin } from 'vite';

const MODULE = 'virtual:kernel';
const OPTIONS = ['-O3', '--runtime', 'stub', '--importMemory', '--enable', 'simd', '--noAssert'];

/** Makes the module `virtual:kernel`, whose default is the compiled kernel in base64. Args: path of its source. */
export function kernel(source: string): Plugin {
  return {
    name: 'scgan-kernel',
    resolveId: (id) => (id === MODULE ? `\0${MODULE}` : null),
    async load(id) {
      if (id !== `\0${MODULE}`) return null;
      this.addWatchFile(source);
      let binary: Uint8Array | null = null;
      const { error, stderr } = await asc.main([source, '--outFile', 'kernel.wasm', ...OPTIONS], {
        writeFile: (_, contents) => void (binary = contents as Uint8Array),
      });
      if (error || !binary) throw new Error(`${source} does not compile:\n${stderr.toString()}`);
      return `export default ${JSON.stringify(Buffer.from(binary).toString('base64'))};`;
    },
  };
}
