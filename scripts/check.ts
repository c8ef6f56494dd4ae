/** `npm run check`: types, lint, format, the rules of the tree, and reference pages that are current. */
import { spawnSync } from 'node:child_process';

const steps: { name: string; command: string[] }[] = [
  { name: 'types', command: ['npx', '--no-install', 'tsc', '--noEmit'] },
  { name: 'lint', command: ['npx', '--no-install', 'oxlint', '--deny-warnings'] },
  { name: 'format', command: ['npx', '--no-install', 'oxfmt', '--check', '.'] },
  { name: 'architecture', command: [process.execPath, '--test-reporter=dot', 'scripts/test.ts', 'architecture.test'] },
  { name: 'reference pages', command: [process.execPath, 'scripts/reference.ts', '--check'] },
];

let failures = 0;
for (const { name, command } of steps) {
  const started = performance.now();
  const [program = '', ...args] = command;
  const result = spawnSync(program, args, { encoding: 'utf8' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const ok = result.status === 0;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  if (ok) continue;
  failures += 1;
  console.log(`${result.stdout}${result.stderr}`);
}
process.exit(failures === 0 ? 0 : 1);
