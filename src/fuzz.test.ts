/**
 * Every operation that the platform serves, called with made-up inputs from inside and over the wire: no answer may be
 * our fault. `npm run bench fuzz` does the same at length. To repeat a failure: FUZZ_SEED=<the seed it printed>.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fuzzer } from './testing/fuzz-run.ts';
import { startTestPlatform } from './testing/platform.ts';

const rounds = 3;

test('no made-up input is answered by a fault of ours', { timeout: 120_000 }, async (context) => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  context.diagnostic(`seed ${seed}`);
  const platform = await startTestPlatform();
  try {
    const { findings, services } = await new Fuzzer(platform, { seed, rounds, slowMs: 5000 }).run();
    assert.deepEqual(
      findings.map(
        ({ service, operation, fault, message, input }) => `${service}:${operation} ${fault} ${message} ${input}`,
      ),
      [],
      `seed ${seed}`,
    );
    const operations = platform.capabilities.flatMap(({ apis = [] }) =>
      apis.flatMap((api) => Object.keys(api.operations)),
    );
    const calls = [...services.values()].reduce((sum, count) => sum + count.calls, 0);
    assert.equal(calls, operations.length * rounds);
    assert.equal((await fetch(`${platform.endpoint}/health`)).status, 200);
  } finally {
    await platform.close();
  }
});
