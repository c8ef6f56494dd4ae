import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { isPlatformError } from '#kernel/errors';
import { startLake } from './lake.fixture.ts';

suite('races', async () => {
  const { s3, lake } = await startLake();

  for (const versioning of [undefined, 'Enabled'] as const) {
    test(`writers, readers and deleters of keys that are each other's folders${versioning ? ', with versions' : ''}`, async () => {
      const bucket = versioning ? 'races-versioned' : 'races-plain';
      await s3.createBucket({ Bucket: bucket });
      if (versioning) await s3.putBucketVersioning({ Bucket: bucket, VersioningConfiguration: { Status: versioning } });
      const keys = ['a', 'a/b', 'a/b/c', 'a/', 'd'];
      const surprises: unknown[] = [];
      const worker = async (seed: number): Promise<void> => {
        for (let step = 0; step < 25; step++) {
          const key = keys[(seed * 7 + step * 3) % keys.length] as string;
          const name = { bucket, key };
          try {
            const action = (seed + step * 5) % 4;
            if (action < 2) await lake.putObject(name, `${key}|${'x'.repeat((seed * step) % 50)}|${key}`);
            else if (action === 2) await lake.deleteObject(name);
            else {
              const [head, , tail] = (await lake.readObject(name)).toString().split('|');
              assert.deepEqual([head, tail], [key, key]);
            }
          } catch (error) {
            if (!isPlatformError(error, 'NoSuchKey')) surprises.push(error);
          }
        }
      };
      await Promise.all(Array.from({ length: 12 }, (_, seed) => worker(seed)));
      assert.deepEqual(surprises, []);
      for (const key of keys) await lake.putObject({ bucket, key }, key);
      const listed: string[] = [];
      for await (const object of lake.listObjects({ bucket })) listed.push(object.key);
      assert.deepEqual(listed, ['a', 'a/', 'a/b', 'a/b/c', 'd']);
      await lake.deleteObjects(keys.map((key) => ({ bucket, key })));
      for await (const object of lake.listObjects({ bucket })) assert.fail(object.key);
    });
  }

  test('a bucket that is deleted while it is written to is gone, or it was not empty', async () => {
    for (let round = 0; round < 10; round++) {
      const Bucket = `going-${round}`;
      await s3.createBucket({ Bucket });
      const [put, gone] = await Promise.allSettled([
        lake.putObject({ bucket: Bucket, key: 'deep/k' }, 'x'),
        s3.deleteBucket({ Bucket }),
      ]);
      if (gone.status === 'rejected') assert.equal((gone.reason as Error).name, 'BucketNotEmpty');
      else assert.ok(put.status === 'rejected' || lake.findBucket(Bucket) === undefined);
      assert.notEqual(
        put.status === 'fulfilled' && gone.status === 'fulfilled' && lake.findBucket(Bucket) !== undefined,
        true,
      );
      if (put.status === 'fulfilled' && lake.findBucket(Bucket))
        assert.ok(await lake.findObject({ bucket: Bucket, key: 'deep/k' }));
    }
  });
});
