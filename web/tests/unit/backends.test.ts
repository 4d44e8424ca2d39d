import { describe, expect, it } from 'vitest';
import { chooseBackend, isBackendChoice, testPicture, type Backend, type Runner } from '../../src/network/backends';

/** Backends that predict a chroma that is given for each, or fail. */
function stub(chroma: Record<Backend, number | Error>, supported: Backend[] = ['wasm', 'webgpu']) {
  const alive: Backend[] = [];
  const compile = async (backend: Backend): Promise<Runner> => {
    const value = chroma[backend];
    if (value instanceof Error) throw value;
    alive.push(backend);
    return {
      backend: supported.includes(backend) ? backend : 'wasm',
      run: async (input) => ({ square: 2, chromaSide: 1, chroma: input.map(() => value), saliency: null }),
      delete: () => void alive.splice(alive.indexOf(backend), 1),
    };
  };
  return { alive, compile };
}

const INPUT = new Float32Array(2);
const SAME = { wasm: 0.1, webgpu: 0.101 };

describe('the backend', () => {
  it.each([
    ['auto', 'hardware', 'webgpu', ''],
    ['auto', 'software', 'wasm', ''],
    ['auto', 'none', 'wasm', ''],
    ['webgpu', 'hardware', 'webgpu', ''],
    ['webgpu', 'software', 'webgpu', ''],
    ['webgpu', 'none', 'wasm', 'This browser has no WebGPU.'],
    ['wasm', 'hardware', 'wasm', ''],
  ] as const)('of the choice %s with a GPU of %s is %s', async (choice, gpu, backend, note) => {
    const { alive, compile } = stub(SAME);
    const chosen = await chooseBackend(choice, gpu, compile, INPUT);
    expect(chosen.runner.backend).toBe(backend);
    expect(chosen.note).toBe(note);
    expect(alive).toEqual([backend]);
  });

  it.each([
    [{ wasm: 0.1, webgpu: 0.2 }, /predicts other colours here \(5\.0 % away\)/],
    [{ wasm: 0.1, webgpu: NaN }, /predicts other colours/],
    [{ wasm: 0.1, webgpu: new Error('device lost') }, /does not run the network here \(device lost\)/],
  ])('is WASM where WebGPU is wrong: %o', async (chroma, note) => {
    const { alive, compile } = stub(chroma);
    const chosen = await chooseBackend('auto', 'hardware', compile, INPUT);
    expect(chosen.runner.backend).toBe('wasm');
    expect(chosen.note).toMatch(note);
    expect(alive).toEqual(['wasm']);
  });

  it('is WASM where WebGPU lacks an operation', async () => {
    const { alive, compile } = stub(SAME, ['wasm']);
    const chosen = await chooseBackend('auto', 'hardware', compile, INPUT);
    expect(chosen.note).toMatch(/it lacks an operation/);
    expect(alive).toEqual(['wasm']);
  });

  it('is chosen by a name that there is', () => {
    expect(['auto', 'wasm', 'webgpu'].every(isBackendChoice)).toBe(true);
    expect(isBackendChoice('webnn')).toBe(false);
    expect(isBackendChoice(null)).toBe(false);
  });
});

it('compares backends by a picture of the whole range', () => {
  const picture = testPicture(64);
  expect(picture).toHaveLength(64 * 64);
  expect(Math.min(...picture)).toBeLessThan(-0.9);
  expect(Math.max(...picture)).toBeGreaterThan(0.9);
  expect(Math.max(...picture.map(Math.abs))).toBeLessThanOrEqual(1);
});
