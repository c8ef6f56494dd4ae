/**
 * Runs every test file in this one process: `node --test-reporter=spec scripts/test.ts [path part …]`.
 *
 * A file that fails to load would end the run with exit code 1 but "fail 0" in the closing lines; here it is a failing
 * test. Skipped tests are counted in the closing lines with their reasons above.
 */
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const files = globSync(['src/**/*.test.ts', 'examples/**/*.test.ts', 'scripts/**/*.test.ts', 'bench/**/*.test.ts'])
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

if (files.length === 0) {
  console.error(`No test file matches ${wanted.join(' ')}.`);
  process.exit(1);
}

const failures = new Map<string, unknown>();
const load = async (): Promise<void> => {
  for (const file of files) {
    await import(pathToFileURL(resolve(file)).href).catch((error: unknown) => failures.set(file, error));
  }
};
const loading = load();

// The first test, and so the run, lasts until all are there: else the hooks behind all tests run when the first files are done.
test('every test file loads', async (context) => {
  await loading;
  for (const [file, error] of failures) {
    await context.test(`${file} loads`, () => {
      throw error;
    });
  }
});
