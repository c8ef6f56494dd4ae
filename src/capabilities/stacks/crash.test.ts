import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { until, useTempFolder } from '#testing';
import { type Shop, Workshop, deployed, eventsOf, openShop, settled, widgets } from './stacks.fixture.ts';

const chain = widgets(
  {
    A: 'Properties: { Name: a }',
    B: 'Properties: { Link: !GetAtt A.Arn }',
    C: 'Properties: { Name: c, Link: !Ref B }',
  },
  'Outputs: { O: { Value: !Ref C, Export: { Name: o } } }',
);

interface Crash {
  readonly workshop: Workshop;
  readonly file: string;
  shop: Shop;
}

/** Waits until a step has begun, pulls the plug, and starts again on the same state. */
async function crashAt(crash: Crash, step: string): Promise<void> {
  await until(() => crash.workshop.log.includes(step), step);
  await crash.shop.crash();
  crash.shop = await openShop({ file: crash.file, workshop: crash.workshop });
}

async function begin(): Promise<Crash> {
  const workshop = new Workshop();
  const file = join(useTempFolder(), 'state.db');
  return { workshop, file, shop: await openShop({ file, workshop }) };
}

suite('after a crash', () => {
  for (const step of ['create A', 'created A', 'create B', 'created B', 'created C']) {
    test(`a creation cut off at "${step}" goes on and makes each thing once`, async () => {
      const crash = await begin();
      crash.workshop.hold(step);
      const { StackId = '' } = await crash.shop.cloudFormation.createStack({ StackName: 's', TemplateBody: chain });
      await crashAt(crash, step);
      const stack = await settled(crash.shop.cloudFormation, StackId);
      assert.equal(stack.StackStatus, 'CREATE_COMPLETE', (await eventsOf(crash.shop.cloudFormation, 's')).join('\n'));
      assert.equal(crash.workshop.things.size, 3);
      assert.equal(stack.Outputs?.[0]?.OutputValue, 'c');
      const tokens = crash.workshop.tokens.get(`create ${step.at(-1)}`) ?? [];
      assert.equal(tokens.length, 2);
      assert.equal(new Set(tokens).size, 1, 'the same token for every try of a step');
      await crash.shop.stop();
    });
  }

  test('what stood under an explicit name before the stack is not taken over without a crash', async () => {
    const crash = await begin();
    crash.workshop.things.set('a', { name: 'a', properties: { Name: 'a' } });
    const stack = await deployed(crash.shop.cloudFormation, { StackName: 's', TemplateBody: chain });
    assert.equal(stack.StackStatus, 'ROLLBACK_COMPLETE');
    assert.deepEqual([...crash.workshop.things.keys()], ['a']);
    await crash.shop.stop();
  });

  test('a rollback cut off goes on', async () => {
    const crash = await begin();
    crash.workshop.broken.add('create C');
    crash.workshop.hold('delete A');
    const { StackId = '' } = await crash.shop.cloudFormation.createStack({ StackName: 's', TemplateBody: chain });
    await crashAt(crash, 'delete A');
    assert.equal((await settled(crash.shop.cloudFormation, StackId)).StackStatus, 'ROLLBACK_COMPLETE');
    assert.equal(crash.workshop.things.size, 0);
    await crash.shop.stop();
  });

  test('a deletion cut off goes on', async () => {
    const crash = await begin();
    const { StackId = '' } = await deployed(crash.shop.cloudFormation, { StackName: 's', TemplateBody: chain });
    crash.workshop.hold('delete B');
    await crash.shop.cloudFormation.deleteStack({ StackName: 's' });
    await crashAt(crash, 'delete B');
    assert.equal((await settled(crash.shop.cloudFormation, StackId)).StackStatus, 'DELETE_COMPLETE');
    assert.equal(crash.workshop.things.size, 0);
    assert.deepEqual((await crash.shop.cloudFormation.listExports({})).Exports, []);
    await crash.shop.stop();
  });

  const changed = chain.replace('Name: a', 'Name: a2').replace('Name: c', 'Name: c, Size: 4');
  for (const step of ['create A', 'created A', 'update B', 'update C', 'delete A']) {
    test(`an update cut off at "${step}" goes on and leaves nothing behind`, async () => {
      const crash = await begin();
      await deployed(crash.shop.cloudFormation, { StackName: 's', TemplateBody: chain });
      crash.workshop.log.length = 0;
      crash.workshop.hold(step);
      await crash.shop.cloudFormation.updateStack({ StackName: 's', TemplateBody: changed });
      await crashAt(crash, step);
      const stack = await settled(crash.shop.cloudFormation, 's');
      assert.equal(stack.StackStatus, 'UPDATE_COMPLETE', (await eventsOf(crash.shop.cloudFormation, 's')).join('\n'));
      assert.equal(crash.workshop.things.size, 3);
      assert.ok(crash.workshop.things.has('a2'));
      assert.equal(crash.workshop.things.get('c')?.properties['Size'], 4);
      await crash.shop.stop();
    });
  }

  test('an update that was rolling back goes on rolling back', async () => {
    const crash = await begin();
    await deployed(crash.shop.cloudFormation, { StackName: 's', TemplateBody: chain });
    crash.workshop.log.length = 0;
    crash.workshop.broken.add('update C');
    await crash.shop.cloudFormation.updateStack({ StackName: 's', TemplateBody: changed });
    const release = crash.workshop.hold('delete A');
    await until(() => crash.workshop.log.includes('update C'));
    crash.workshop.broken.clear();
    await crashAt(crash, 'delete A');
    release();
    const stack = await settled(crash.shop.cloudFormation, 's');
    assert.equal(stack.StackStatus, 'UPDATE_ROLLBACK_COMPLETE');
    assert.deepEqual([crash.workshop.things.has('a'), crash.workshop.things.has('a2')], [true, false]);
    await crash.shop.stop();
  });

  test('a stack deleted while its creation was cut off leaves nothing, not even what nobody heard of', async () => {
    const crash = await begin();
    crash.workshop.hold('created B');
    const { StackId = '' } = await crash.shop.cloudFormation.createStack({ StackName: 's', TemplateBody: chain });
    await until(() => crash.workshop.log.includes('created B'));
    await crash.shop.cloudFormation.deleteStack({ StackName: 's' });
    await crashAt(crash, 'created B');
    assert.equal((await settled(crash.shop.cloudFormation, StackId)).StackStatus, 'DELETE_COMPLETE');
    assert.equal(crash.workshop.things.size, 0);
    await crash.shop.stop();
  });

  test('an orderly stop in the middle is taken up as well', async () => {
    const crash = await begin();
    const release = crash.workshop.hold('create B');
    const { StackId = '' } = await crash.shop.cloudFormation.createStack({ StackName: 's', TemplateBody: chain });
    await until(() => crash.workshop.log.includes('create B'));
    const stopped = crash.shop.stop();
    release();
    await stopped;
    crash.shop = await openShop({ file: crash.file, workshop: crash.workshop });
    assert.equal((await settled(crash.shop.cloudFormation, StackId)).StackStatus, 'CREATE_COMPLETE');
    assert.equal(crash.workshop.things.size, 3);
    await crash.shop.stop();
  });
});
