import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

/** A new empty folder, deleted after the tests of the file or of the suite it is called in. */
export function useTempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
