/** The whole platform in the test's process, on a free port and a folder of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '#kernel/config';
import { silentLog } from '#kernel/log';
import { startPlatform, type Platform } from '../platform.ts';

export interface TestPlatform extends Platform {
  readonly dataDir: string;
  /** Stops it and deletes its folder. */
  close(): Promise<void>;
}

/** Any key is accepted, such as `test` / `test`. */
export async function startTestPlatform(flags: Readonly<Record<string, unknown>> = {}): Promise<TestPlatform> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millpond-platform-'));
  const { config } = loadConfig({
    flags: { dataDir, port: 0, livyPort: 0, open: true, ...flags },
    env: {},
    folder: dataDir,
  });
  const platform = await startPlatform({ config, env: process.env, log: silentLog });
  return {
    ...platform,
    dataDir,
    async close() {
      await platform.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
