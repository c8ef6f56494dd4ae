import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startTestPlatform, type TestPlatform } from '../../src/testing/platform.ts';
import { awsEnvironment, needs, runProgram } from './outside-client.ts';

const clients = [
  {
    package: 'awswrangler',
    script: 'wrangler.py',
    does: 'writes datasets, queries them by CTAS, by UNLOAD and plainly, and edits the catalog',
    answer: /rides 10/,
  },
  {
    package: 'pyathena',
    script: 'dbapi.py',
    does: 'answers by its cursors, SQLAlchemy and pandas',
    answer: /rides 2/,
  },
  {
    package: 'pyarrow',
    script: 'arrow.py',
    does: 'writes streams and datasets with the C++ SDK and reads ranges',
    answer: /rows 500/,
  },
];

describe("PyPI's", () => {
  const python = resolve('.venv/bin/python');
  let platform: TestPlatform;
  before(async () => (platform = await startTestPlatform()));
  after(() => platform.close());

  for (const client of clients) {
    test(`${client.package} ${client.does}`, async (t) => {
      const [installed] = globSync(`.venv/lib/python*/site-packages/${client.package}`);
      const from = `PyPI package ${client.package}, installed by .ci/run`;
      if (!needs(t, python, from) || !needs(t, resolve(installed ?? client.package), from)) return;
      const script = resolve('examples/clients', client.script);
      const { stdout } = await runProgram(
        python,
        ['-W', 'ignore', script, platform.endpoint],
        awsEnvironment(platform.endpoint),
      );
      assert.match(stdout, client.answer);
    });
  }
});
