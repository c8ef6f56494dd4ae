import { spawnSync } from 'node:child_process';

/** Why nothing in Python, or nothing that imports the module, can run here; false when it can. */
export function missingPython(module?: string): string | false {
  if (spawnSync('python3', ['--version']).status !== 0) return 'python3 is not installed';
  if (module === undefined || spawnSync('python3', ['-c', `import ${module}`]).status === 0) return false;
  return `${module} is not installed`;
}
