import { runnerImport } from 'vite';

await runnerImport('./benchmark/benchmark.ts');
