/** `npm run bench [name …]`: runs the benchmarks, each in a process of its own, one after the other. */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename } from 'node:path';

const notBenchmarks = new Set(['run', 'report', 'server']);
const names = globSync('bench/*.ts')
  .map((file) => basename(file, '.ts'))
  .filter((name) => !notBenchmarks.has(name))
  .sort();
const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(`There is no benchmark '${unknown}'. There are: ${names.join(', ')}.`);
  process.exit(2);
}
for (const name of wanted.length === 0 ? names : wanted) {
  console.log(`\n## ${name}`);
  const { status } = spawnSync(process.execPath, ['--expose-gc', `bench/${name}.ts`], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
