import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { useTempFolder } from '#testing';
import { startTestPlatform, type TestPlatform } from '../../src/testing/platform.ts';
import { awsEnvironment, needs, runProgram } from './outside-client.ts';

describe('S3 tools that sign for themselves', () => {
  const folder = useTempFolder();
  let platform: TestPlatform;
  let host: string;
  before(async () => {
    platform = await startTestPlatform();
    host = new URL(platform.endpoint).host;
    mkdirSync(join(folder, 'in', 'deep', 'er'), { recursive: true });
    writeFileSync(join(folder, 'in', 'plain.txt'), 'plain\n');
    writeFileSync(join(folder, 'in', 'deep', 'er', 'ünï code & more.bin'), Buffer.alloc(12 * 1024 * 1024, 7));
  });
  after(() => platform.close());

  test('rclone copies a tree there and back, and finds no difference', async (t) => {
    if (!needs(t, '/usr/bin/rclone', 'Debian package rclone')) return;
    const flags = [
      '--config',
      '/dev/null',
      '--s3-provider',
      'Other',
      '--s3-env-auth',
      '--s3-endpoint',
      platform.endpoint,
      '--s3-force-path-style',
    ];
    const rclone = (...args: string[]) =>
      runProgram('/usr/bin/rclone', [...flags, ...args], awsEnvironment(platform.endpoint));
    await rclone('mkdir', ':s3:rclone-bucket');
    await rclone('copy', join(folder, 'in'), ':s3:rclone-bucket/tree');
    await rclone('check', join(folder, 'in'), ':s3:rclone-bucket/tree');
    await rclone('copy', ':s3:rclone-bucket/tree', join(folder, 'rclone-out'));
    assert.equal(readFileSync(join(folder, 'rclone-out', 'plain.txt'), 'utf8'), 'plain\n');
    await rclone('purge', ':s3:rclone-bucket');
  });

  test('s3cmd puts, lists, gets and deletes', async (t) => {
    if (!needs(t, '/usr/bin/s3cmd', 'Debian package s3cmd')) return;
    const flags = [
      '--config',
      '/dev/null',
      '--no-ssl',
      `--host=${host}`,
      `--host-bucket=${host}/%(bucket)`,
      '--access_key=test',
      '--secret_key=test',
      '--region=us-east-1',
    ];
    const s3cmd = (...args: string[]) =>
      runProgram('/usr/bin/s3cmd', [...flags, ...args], awsEnvironment(platform.endpoint));
    await s3cmd('mb', 's3://s3cmd-bucket');
    await s3cmd('put', '--recursive', `${join(folder, 'in')}/`, 's3://s3cmd-bucket/tree/');
    assert.match((await s3cmd('ls', '--recursive', 's3://s3cmd-bucket/')).stdout, /tree\/plain\.txt/);
    await s3cmd('get', 's3://s3cmd-bucket/tree/plain.txt', join(folder, 's3cmd.txt'));
    assert.equal(readFileSync(join(folder, 's3cmd.txt'), 'utf8'), 'plain\n');
    await s3cmd('rb', '--recursive', '--force', 's3://s3cmd-bucket');
  });

  test('curl signs with its own SigV4', async (t) => {
    if (!needs(t, '/usr/bin/curl', 'Debian package curl')) return;
    const curl = (...args: string[]) =>
      runProgram('/usr/bin/curl', [
        '--silent',
        '--fail-with-body',
        '--aws-sigv4',
        'aws:amz:us-east-1:s3',
        '--user',
        'test:test',
        ...args,
      ]);
    await curl('--request', 'PUT', `${platform.endpoint}/curl-bucket`);
    await curl(
      '--upload-file',
      join(folder, 'in', 'plain.txt'),
      '--header',
      'x-amz-content-sha256: UNSIGNED-PAYLOAD',
      `${platform.endpoint}/curl-bucket/plain.txt`,
    );
    assert.equal(
      (await curl('--header', 'x-amz-content-sha256: UNSIGNED-PAYLOAD', `${platform.endpoint}/curl-bucket/plain.txt`))
        .stdout,
      'plain\n',
    );
  });
});
