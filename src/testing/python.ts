import { spawnSync } from 'node:child_process';

/** Why nothing in Python can run here; false when it can. */
export function missingPython(): string | false {
  return spawnSync('python3', ['--version']).status === 0 ? false : 'python3 is not installed';
}
