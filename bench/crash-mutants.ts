/**
 * Whether the crash test can see what it looks for: the journal of the workflows with a fault seeded into a copy of the source, a few
 * kills, and a verdict that has to be bad. A mutant that survives is a hole in the test.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { printFigures } from './report.ts';

interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const engine = 'src/capabilities/workflows/execution';

const mutants: readonly Mutant[] = [
  {
    name: 'the journal is acknowledged before it is on disk',
    file: `${engine}/executions.ts`,
    from: '    await this.#engine.settled(run);\n',
    to: '    void this.#engine.settled(run);\n',
  },
  {
    name: 'the journal keeps no due times, timers live in memory',
    file: `${engine}/store/journal.ts`,
    from: 'isOver ? null : (thread.dueMs ?? null),',
    to: 'null,',
  },
];

const project = resolve(import.meta.dirname, '..');
const harness = process.env['MILLPOND_CRASH_HARNESS'] ?? resolve('..', 'shared', 'crash', 'crash-harness.mjs');

/** A copy of the source with the fault in it. */
function seed({ file, from, to }: Mutant): string {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-mutant-'));
  for (const part of ['src', 'examples', 'package.json'])
    cpSync(join(project, part), join(folder, part), { recursive: true });
  for (const part of ['models', 'node_modules']) symlinkSync(join(project, part), join(folder, part));
  const text = readFileSync(join(folder, file), 'utf8');
  if (text.split(from).length !== 2) throw new Error(`${file} does not have the line '${from}' once; mend the mutant.`);
  writeFileSync(join(folder, file), text.replace(from, to));
  return folder;
}

/** @returns what the harness counted, by kind */
function run(source: string): Record<string, number> {
  const args = [harness, '--module', 'bench/crash/workflows.ts', '--kills', '20', '--min', '300', '--max', '1500'];
  const env = { ...process.env, CRASH_SOURCE: source, CRASH_SETTLE_MS: '5000' };
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28, env });
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (!line.startsWith('{')) throw new Error(stderr.trim() || 'the harness gave no verdict');
  const { DRIVER: _ignored, ...violations } = (JSON.parse(line) as { violations: Record<string, number> }).violations;
  return violations;
}

if (!existsSync(harness)) {
  console.log(`skipped: the crash harness is not at ${harness}`);
} else {
  for (const mutant of mutants) {
    const source = seed(mutant);
    try {
      const violations = run(source);
      const total = Object.values(violations).reduce((sum, count) => sum + count, 0);
      if (total === 0) process.exitCode = 1;
      printFigures([
        {
          name: mutant.name,
          measured: total === 0 ? 'not seen' : `caught: ${JSON.stringify(violations)}`,
          asked: 'caught',
          met: total > 0,
        },
      ]);
    } finally {
      rmSync(source, { recursive: true, force: true });
    }
  }
}
