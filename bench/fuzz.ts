/**
 * The long form of `src/fuzz.test.ts`: every operation that the platform serves, called many times with made-up inputs,
 * from inside and over the wire. Prints what each service was asked and every finding.
 *
 *     npm run bench fuzz                              200 calls of each operation
 *     FUZZ_ROUNDS=1000 FUZZ_SEED=7 FUZZ_ONLY=^glue …  more of some, or the same again
 */
import { startTestPlatform } from '../src/testing/platform.ts';
import { Fuzzer, type FuzzFinding } from '../src/testing/fuzz-run.ts';
import { printFigures } from './report.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 200);
const only = process.env['FUZZ_ONLY'];
console.log(`seed ${seed}, ${rounds} calls of each operation`);

const strays: unknown[] = [];
process.on('unhandledRejection', (error) => strays.push(error));

const platform = await startTestPlatform();
const began = performance.now();
const { findings, services, foreignCodes } = await new Fuzzer(platform, {
  seed,
  rounds,
  ...(only === undefined ? {} : { only: new RegExp(only) }),
}).run();
const seconds = (performance.now() - began) / 1000;
const health = await fetch(`${platform.endpoint}/health`);
const healthText = await health.text();
await platform.close();

for (const [service, { calls, accepted, refused }] of services) {
  console.log(`${service.padEnd(16)} ${calls} calls, ${accepted} accepted, ${refused} refused`);
}
for (const [code, count] of foreignCodes) console.log(`not in the model  ${code} ${count}`);
for (const group of grouped(findings)) {
  const { service, operation, fault, message, stack, input, durationMs } = group[0]!;
  console.log(
    `\n${group.length} x ${fault} ${service}:${operation} (${Math.round(durationMs)} ms): ${message.slice(0, 300)}`,
  );
  console.log(`  input ${input}\n  ${stack.split('\n').slice(1, 7).join('\n  ')}`);
}
for (const stray of strays) console.log('\nunhandled', stray);

const total = [...services.values()].reduce((sum, { calls }) => sum + calls, 0);
printFigures([
  {
    name: 'fuzz, faults of ours',
    measured: `${findings.length} in ${total} calls`,
    asked: '0',
    met: findings.length === 0,
    against: `${Math.round(total / seconds)} calls a second, resident ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`,
  },
  { name: 'fuzz, unhandled', measured: `${strays.length}`, asked: '0', met: strays.length === 0 },
  { name: 'fuzz, health after it', measured: `${health.status}`, asked: '200', met: health.status === 200 },
]);
if (health.status !== 200) console.log(healthText);
if (findings.length + strays.length > 0 || health.status !== 200) process.exitCode = 1;

/** One group for each operation and way of failing. */
function grouped(all: readonly FuzzFinding[]): FuzzFinding[][] {
  const groups = new Map<string, FuzzFinding[]>();
  for (const finding of all) {
    const frame = finding.stack.split('\n')[1] ?? finding.message.slice(0, 60);
    const key = `${finding.service}:${finding.operation} ${finding.fault} ${frame}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()];
}
