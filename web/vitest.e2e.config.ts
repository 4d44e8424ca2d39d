import { defineConfig } from 'vitest/config';

// One browser at a time: the tests measure its memory.
export default defineConfig({
  test: { include: ['tests/e2e/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 120_000, fileParallelism: false },
});
