import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceContext, ResourceType } from '#capability';
import { PlatformError } from '#kernel/errors';
import { bucket, openGround } from './crawler.fixture.ts';
import { crawlerResources } from './resources.ts';

function resource(name: string): ResourceType {
  const found = crawlerResources.find((candidate) => candidate.type === `AWS::Glue::${name}`);
  assert.ok(found);
  return found;
}

/** A stack's view of Glue, through the client: errors come back as the dispatcher would give them. */
async function openContext(
  t: Parameters<typeof openGround>[0],
): Promise<ResourceContext & { ground: Awaited<ReturnType<typeof openGround>> }> {
  const ground = await openGround(t);
  return {
    ground,
    stackId: 'stack',
    stackName: 'stack',
    logicalId: 'Thing',
    accountId: '000000000000',
    region: 'us-east-1',
    tags: { stack: 'lake' },
    token: 'token',
    signal: AbortSignal.timeout(30_000),
    generatedName: () => 'stack-Thing-1',
    async call(_service, operation, input) {
      const method = `${operation.charAt(0).toLowerCase()}${operation.slice(1)}` as 'getCrawler';
      try {
        return await ground.glue[method](input as never);
      } catch (error) {
        const { name, message } = error as Error;
        throw new PlatformError('invalid', name, message);
      }
    },
  };
}

const properties = {
  Role: 'arn:aws:iam::000000000000:role/glue',
  DatabaseName: 'nycitytaxi',
  Targets: { S3Targets: [{ Path: `s3://${bucket}/` }] },
  Schedule: { ScheduleExpression: 'cron(0 1 * * ? *)' },
};

test('a template makes, changes and deletes a crawler; a name that is taken fails', async (t) => {
  const context = await openContext(t);
  const crawler = resource('Crawler');
  const made = await crawler.create({ ...properties, Tags: { own: '1' } }, context);
  assert.equal(made.physicalId, 'stack-Thing-1');
  assert.equal(crawler.physicalIdOf?.(properties, context), made.physicalId);
  await assert.rejects(crawler.create(properties, context), { code: 'AlreadyExistsException' });
  const { Crawler: first } = await context.ground.glue.getCrawler({ Name: made.physicalId });
  assert.equal(first?.Schedule?.ScheduleExpression, 'cron(0 1 * * ? *)');
  const ResourceArn = 'arn:aws:glue:us-east-1:000000000000:crawler/stack-Thing-1';
  assert.deepEqual((await context.ground.glue.getTags({ ResourceArn })).Tags, { own: '1', stack: 'lake' });
  const { Schedule: _schedule, ...unscheduled } = { ...properties, TablePrefix: 'p_' };
  await crawler.update?.(made.physicalId, unscheduled, properties, context);
  const { Crawler: second } = await context.ground.glue.getCrawler({ Name: made.physicalId });
  assert.equal(second?.TablePrefix, 'p_');
  assert.equal(second?.Schedule, undefined);
  assert.deepEqual(await crawler.read?.(made.physicalId, unscheduled, context), unscheduled);
  await crawler.delete(made.physicalId, properties, context);
  await crawler.delete(made.physicalId, properties, context);
  assert.equal(await crawler.read?.(made.physicalId, properties, context), undefined);
});

test('a template makes, changes and deletes a classifier', async (t) => {
  const context = await openContext(t);
  const classifier = resource('Classifier');
  const made = await classifier.create({ CsvClassifier: { Delimiter: ';' } }, context);
  assert.deepEqual(made, { physicalId: 'stack-Thing-1', attributes: { Name: 'stack-Thing-1' } });
  await classifier.update?.(made.physicalId, { CsvClassifier: { Delimiter: '|' } }, {}, context);
  const { Classifier: found } = await context.ground.glue.getClassifier({ Name: made.physicalId });
  assert.equal(found?.CsvClassifier?.Delimiter, '|');
  await classifier.delete(made.physicalId, {}, context);
  await classifier.delete(made.physicalId, {}, context);
});
