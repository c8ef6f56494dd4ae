/**
 * The platform killed at random moments under load: nothing acknowledged may be lost, nothing half-done may be seen, and
 * a restart takes 2 s at most. Needs the crash harness beside the project (`../shared/crash`, or MILLPOND_CRASH_HARNESS).
 *
 *     npm run bench crash                       50 kills for each workload
 *     CRASH_KILLS=10 CRASH_MODE=powercut …      fewer, or power cuts (root on Linux)
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ms, printFigures } from './report.ts';

interface Verdict {
  readonly acks: number;
  readonly kills: number;
  readonly bootKills: number;
  readonly violations: Readonly<Record<string, number>>;
  readonly restartMs: { readonly p50: number; readonly p95: number; readonly max: number };
}

const harness = process.env['MILLPOND_CRASH_HARNESS'] ?? resolve('..', 'shared', 'crash', 'crash-harness.mjs');
const kills = process.env['CRASH_KILLS'] ?? '50';
const mode = process.env['CRASH_MODE'] ?? 'kill';
const only = process.env['CRASH_ONLY']?.split(',');

if (!existsSync(harness)) {
  console.log(`skipped: the crash harness is not at ${harness}`);
} else {
  for (const workload of ['objects', 'catalog', 'tables', 'jobs', 'stacks', 'workflows'].filter(
    (name) => only?.includes(name) ?? true,
  )) {
    const args = [
      harness,
      '--module',
      `bench/crash/${workload}.ts`,
      '--kills',
      kills,
      '--mode',
      mode,
      '--min',
      '300',
      '--max',
      '2000',
      '--ready-ms',
      '20000',
      '--image-mb',
      '512',
    ];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 });
    const line = stdout.trim().split('\n').at(-1) ?? '';
    if (!line.startsWith('{')) {
      console.log(`MISSED ${workload}: ${stderr.trim() || 'the harness gave no verdict'}`);
      process.exitCode = 1;
      continue;
    }
    const { acks, violations, restartMs, bootKills } = JSON.parse(line) as Verdict;
    const { DRIVER: _ignored, ...bad } = violations;
    const total = Object.values(bad).reduce((sum, count) => sum + count, 0);
    if (total > 0) process.exitCode = 1;
    const detail = total === 0 ? '' : ` ${JSON.stringify(bad)}`;
    printFigures([
      {
        name: `${workload}, ${kills} of mode ${mode}`,
        measured: `${total} violations${detail}`,
        asked: '0',
        met: total === 0,
        against: `${acks} acknowledged, ${bootKills} more kills while starting`,
      },
      {
        name: `${workload}, restart`,
        measured: `${ms(restartMs.p95)} at the 95th percentile, ${ms(restartMs.max)} at most`,
        asked: '<= 2000 ms',
        met: restartMs.p95 <= 2000,
      },
    ]);
  }
}
