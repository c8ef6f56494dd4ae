import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { useTempFolder } from '#testing';
import { startTestPlatform, type TestPlatform } from '../../src/testing/platform.ts';
import { awsEnvironment, needs, runProgram } from './outside-client.ts';

const versions = [
  {
    title: "Debian's boto3",
    python: '/usr/bin/python3',
    module: '/usr/lib/python3/dist-packages/boto3',
    from: 'Debian package python3-boto3',
    name: 'debian',
  },
  {
    title: "PyPI's boto3",
    python: resolve('.venv/bin/python'),
    module: resolve('.venv/bin/python'),
    from: 'PyPI package boto3, installed by .ci/run',
    name: 'pypi',
  },
];

describe('boto3', () => {
  const folder = useTempFolder();
  let platform: TestPlatform;
  before(async () => (platform = await startTestPlatform()));
  after(() => platform.close());

  for (const { title, python, module, from, name } of versions) {
    test(`${title} does the walk-through: waiters, multipart, presigned URLs, paginators, typed errors`, async (t) => {
      if (!needs(t, python, from) || !needs(t, module, from)) return;
      const { stdout } = await runProgram(
        python,
        [resolve('examples/clients/walk.py'), platform.endpoint, folder, name],
        awsEnvironment(platform.endpoint),
      );
      assert.match(stdout, /rows 1500/);
    });
  }
});
