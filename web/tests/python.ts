/** Python with the packages of the project: that of PYTHON, of `.venv`, or of the path. */

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENVIRONMENTS = ['.venv/bin/python', '.venv/Scripts/python.exe'].map((path) => ROOT + path);
const PYTHON = process.env.PYTHON ?? ENVIRONMENTS.find(existsSync) ?? 'python3';
const OPTIONS = { cwd: ROOT, env: { ...process.env, PYTHONPATH: ROOT } };

/** Runs a program of Python's to its end. Returns what it printed. */
export function runPython(...args: string[]): string {
  return execFileSync(PYTHON, args, { ...OPTIONS, encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' });
}

/** Starts a program of Python's that ends when it is killed. */
export function startPython(...args: string[]): ChildProcess {
  return spawn(PYTHON, args, { ...OPTIONS, stdio: ['ignore', 'pipe', 'pipe'] });
}
