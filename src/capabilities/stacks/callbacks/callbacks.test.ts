import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { FakeClock } from '#kernel/clock';
import { until, useTempFolder } from '#testing';
import {
  type CustomRequest,
  type Shop,
  Workshop,
  deployed,
  driftsOf,
  eventsOf,
  openShop,
  settled,
  widgets,
} from '../stacks.fixture.ts';

const token = 'arn:aws:lambda:us-east-1:000000000000:function:maker';
const custom = (more = '', name = token): string => `Resources:
  It: { Type: Custom::Thing, Properties: { ServiceToken: '${name}', Size: 5, Deep: { On: true, List: [1, two] }${more} } }
Outputs:
  Name: { Value: !GetAtt It.Name }
  Id: { Value: !Ref It }
`;

/** Answers every request at once, as a provider that works does; what it was asked is kept. */
class Provider {
  readonly asked: CustomRequest[] = [];
  answer: (request: CustomRequest) => object | undefined = () => ({});

  readonly hear = async (request: CustomRequest): Promise<void> => {
    this.asked.push(request);
    const own = this.answer(request);
    if (own !== undefined) await put(request.ResponseURL, answerTo(request, own));
  };

  types(): string[] {
    return this.asked.map(({ RequestType, PhysicalResourceId = '' }) => `${RequestType} ${PhysicalResourceId}`.trim());
  }
}

function answerTo(request: CustomRequest, own: object): object {
  const physicalId = request.PhysicalResourceId ?? 'thing-1';
  return { Status: 'SUCCESS', PhysicalResourceId: physicalId, Data: { Name: 'Ada', Nested: { a: 1 } }, ...own };
}

async function put(url: string, body: unknown): Promise<number> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return (await fetch(url, { method: 'PUT', body: text, headers: { 'content-type': '' } })).status;
}

async function withShop(
  use: (shop: Shop, provider: Provider, clock: FakeClock) => Promise<void>,
  options: { fakeTime?: boolean; objects?: ReadonlyMap<string, string> } = {},
): Promise<void> {
  const provider = new Provider();
  const clock = new FakeClock();
  const file = join(useTempFolder(), 'state.db');
  const shop = await openShop({
    file,
    workshop: new Workshop(),
    provider: provider.hear,
    ...(options.fakeTime && { clock }),
    ...(options.objects && { objects: options.objects }),
  });
  try {
    await use(shop, provider, clock);
  } finally {
    await shop.stop();
  }
}

suite('a custom resource', () => {
  test('asks its provider, whose answer gives the id and the attributes, and is updated and deleted by it', () =>
    withShop(async ({ cloudFormation }, provider) => {
      const stack = await deployed(cloudFormation, { StackName: 's', TemplateBody: custom() });
      assert.equal(stack.StackStatus, 'CREATE_COMPLETE');
      assert.deepEqual(
        stack.Outputs?.map(({ OutputValue }) => OutputValue),
        ['Ada', 'thing-1'],
      );
      const [created] = provider.asked;
      assert.deepEqual(created?.ResourceProperties, {
        ServiceToken: token,
        Size: '5',
        Deep: { On: 'true', List: ['1', 'two'] },
      });
      assert.equal(created.ResourceType, 'Custom::Thing');
      assert.equal(created.LogicalResourceId, 'It');
      assert.deepEqual(await driftsOf(cloudFormation, 's'), []);

      await cloudFormation.updateStack({ StackName: 's', TemplateBody: custom(', Extra: x') });
      assert.equal((await settled(cloudFormation, 's')).StackStatus, 'UPDATE_COMPLETE');
      assert.equal(provider.asked[1]?.OldResourceProperties?.['Size'], '5');
      assert.equal(provider.asked[1]?.ResourceProperties['Extra'], 'x');

      await cloudFormation.deleteStack({ StackName: 's' });
      await settled(cloudFormation, stack.StackId ?? '');
      assert.deepEqual(provider.types(), ['Create', 'Update thing-1', 'Delete thing-1']);
    }));

  test('that answers an update with another id is another thing: the old one is deleted in the cleanup', () =>
    withShop(async ({ cloudFormation }, provider) => {
      await deployed(cloudFormation, { StackName: 's', TemplateBody: custom() });
      provider.answer = ({ RequestType }) => (RequestType === 'Update' ? { PhysicalResourceId: 'thing-2' } : {});
      await cloudFormation.updateStack({ StackName: 's', TemplateBody: custom(', Extra: x') });
      const stack = await settled(cloudFormation, 's');
      assert.equal(stack.StackStatus, 'UPDATE_COMPLETE');
      assert.equal(stack.Outputs?.[1]?.OutputValue, 'thing-2');
      assert.deepEqual(provider.types(), ['Create', 'Update thing-1', 'Delete thing-1']);
      const deletion = provider.asked.at(-1);
      assert.equal(deletion?.ResourceProperties['Extra'], undefined, 'the old properties go with the old thing');
    }));

  test('that fails tells its reason, and the rollback deletes what it says it made', () =>
    withShop(async ({ cloudFormation }, provider) => {
      provider.answer = ({ RequestType }) =>
        RequestType === 'Create' ? { Status: 'FAILED', Reason: 'no more paint', PhysicalResourceId: 'half' } : {};
      const stack = await deployed(cloudFormation, { StackName: 's', TemplateBody: custom() });
      assert.equal(stack.StackStatus, 'ROLLBACK_COMPLETE');
      const events = (await eventsOf(cloudFormation, 's')).join('\n');
      assert.match(
        events,
        /It CREATE_FAILED Received response status \[FAILED\] from custom resource. Message returned: no more paint \(RequestId: /,
      );
      assert.deepEqual(provider.types(), ['Create', 'Delete half']);
    }));

  test('that gets no answer in its ServiceTimeout fails', () =>
    withShop(
      async ({ cloudFormation }, provider, clock) => {
        provider.answer = ({ RequestType }) => (RequestType === 'Create' ? undefined : {});
        await cloudFormation.createStack({ StackName: 's', TemplateBody: custom(', ServiceTimeout: 60') });
        await until(() => provider.asked.length === 1, 'the request');
        clock.advance(59_000);
        assert.match((await eventsOf(cloudFormation, 's')).at(-1) ?? '', /It CREATE_IN_PROGRESS/);
        clock.advance(1000);
        assert.equal((await settled(cloudFormation, 's')).StackStatus, 'ROLLBACK_COMPLETE');
        assert.match((await eventsOf(cloudFormation, 's')).join('\n'), /did not receive a response from your Custom/);
      },
      { fakeTime: true },
    ));

  for (const [body, why] of [
    ['not json', /not valid JSON/],
    [{ Status: 'MAYBE' }, /Invalid Status 'MAYBE'/],
    [{ Status: 'SUCCESS' }, /Invalid PhysicalResourceId/],
    [{ Status: 'SUCCESS', PhysicalResourceId: 'x', Data: 'y'.repeat(5000) }, /Response object is too long/],
  ] as const) {
    test(`answered with ${JSON.stringify(body).slice(0, 40)} fails`, () =>
      withShop(async ({ cloudFormation }, provider) => {
        provider.answer = ({ RequestType, ResponseURL }) => {
          if (RequestType !== 'Create') return {};
          void put(ResponseURL, body);
          return undefined;
        };
        await deployed(cloudFormation, { StackName: 's', TemplateBody: custom() });
        assert.match((await eventsOf(cloudFormation, 's')).join('\n'), why);
      }));
  }

  test('is answered once: a second answer, an answer later and a made-up address change nothing', () =>
    withShop(async ({ cloudFormation, endpoint }, provider) => {
      const stack = await deployed(cloudFormation, { StackName: 's', TemplateBody: custom() });
      const url = provider.asked[0]?.ResponseURL ?? '';
      assert.ok(url.startsWith(endpoint));
      assert.equal(await put(url, { Status: 'FAILED' }), 403);
      assert.equal(await put(`${endpoint}/_cloudformation/callback/guess`, {}), 403);
      assert.equal((await fetch(url)).status, 405);
      assert.equal((await settled(cloudFormation, stack.StackId ?? '')).StackStatus, 'CREATE_COMPLETE');
    }));

  test('whose answer is no JSON or too long, by a little or by megabytes, fails at once', () =>
    withShop(async ({ cloudFormation }, provider) => {
      for (const [StackName, body, reason] of [
        ['html', '<html>', /Response object is not valid JSON/],
        [
          'long',
          JSON.stringify({ Status: 'SUCCESS', PhysicalResourceId: 'x'.repeat(5000) }),
          /Response object is too long/,
        ],
        ['huge', 'x'.repeat(10_000_000), /Response object is too long/],
      ] as const) {
        provider.answer = ({ RequestType, ResponseURL }) => {
          if (RequestType !== 'Create') return {};
          // An answer of megabytes is cut off while it is sent.
          put(ResponseURL, body).catch(() => 0);
          return undefined;
        };
        assert.equal(
          (await deployed(cloudFormation, { StackName, TemplateBody: custom() })).StackStatus,
          'ROLLBACK_COMPLETE',
        );
        assert.match((await eventsOf(cloudFormation, StackName)).join('\n'), reason);
      }
    }));

  test('whose attributes are secret shows them to nobody but the resources that need them', () =>
    withShop(async ({ cloudFormation }, provider) => {
      provider.answer = () => ({ NoEcho: true, Data: { Name: 'swordfish' } });
      const TemplateBody = `${custom().split('Outputs')[0]}  Door: { Type: Test::Shop::Widget, Properties: { Name: door, Link: !GetAtt It.Name } }`;
      await deployed(cloudFormation, { StackName: 's', TemplateBody });
      const { StackEvents = [] } = await cloudFormation.describeStackEvents({ StackName: 's' });
      assert.ok(!JSON.stringify(StackEvents).includes('swordfish'));
      assert.ok(JSON.stringify(StackEvents).includes('*****'));
    }));

  test('without a service token, or with one that cannot be called, fails by name', () =>
    withShop(async ({ cloudFormation }) => {
      const none = 'Resources: { It: { Type: Custom::Thing } }';
      await assert.rejects(cloudFormation.createStack({ StackName: 's', TemplateBody: none }), /ServiceToken/);
      for (const name of [`${token}:absent`, 'nobody']) {
        const { StackId } = await deployed(cloudFormation, { StackName: 's', TemplateBody: custom('', name) });
        const events = (await eventsOf(cloudFormation, StackId ?? '')).join('\n');
        assert.match(events, /It CREATE_FAILED (?:The|Invalid) service token.*(?:absent|nobody)/);
        await cloudFormation.deleteStack({ StackName: 's' });
        await settled(cloudFormation, StackId ?? '');
      }
    }));

  test('waits on after a crash for the answer to the request it sent, and is not asked for again', async () => {
    const provider = new Provider();
    provider.answer = () => undefined;
    const options = { file: join(useTempFolder(), 'state.db'), workshop: new Workshop(), provider: provider.hear };
    const before = await openShop(options);
    const { StackId = '' } = await before.cloudFormation.createStack({ StackName: 's', TemplateBody: custom() });
    await until(() => provider.asked.length === 1, 'the request');
    await until(async () => (await eventsOf(before.cloudFormation, 's')).length === 2, 'the first events');
    await before.crash();
    const shop = await openShop(options);
    const [request] = provider.asked;
    assert.ok(request);
    const { pathname } = new URL(request.ResponseURL);
    assert.equal(await put(`${shop.endpoint}${pathname}`, answerTo(request, {})), 200);
    assert.equal((await settled(shop.cloudFormation, StackId)).StackStatus, 'CREATE_COMPLETE');
    assert.deepEqual(provider.types(), ['Create']);
    await shop.stop();
  });

  test('that nobody waits for any more does not hold up the deletion of its stack', () =>
    withShop(async ({ cloudFormation }, provider) => {
      provider.answer = ({ RequestType }) => (RequestType === 'Create' ? undefined : {});
      const { StackId = '' } = await cloudFormation.createStack({ StackName: 's', TemplateBody: custom() });
      await until(() => provider.asked.length === 1, 'the request');
      await cloudFormation.deleteStack({ StackName: 's' });
      assert.equal((await settled(cloudFormation, StackId)).StackStatus, 'DELETE_COMPLETE');
      assert.equal(provider.asked.at(-1)?.RequestType, 'Delete');
    }));

  test('in a nested stack does not hold up the deletion of the stack around it', () =>
    withShop(
      async ({ cloudFormation }, provider) => {
        provider.answer = ({ RequestType }) => (RequestType === 'Create' ? undefined : {});
        const TemplateBody =
          'Resources: { Child: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: s3://templates/inner.yaml } } }';
        const { StackId = '' } = await cloudFormation.createStack({ StackName: 's', TemplateBody });
        await until(() => provider.asked.length === 1, 'the request');
        await cloudFormation.deleteStack({ StackName: 's' });
        assert.equal((await settled(cloudFormation, StackId)).StackStatus, 'DELETE_COMPLETE');
        assert.equal(provider.asked.at(-1)?.RequestType, 'Delete');
      },
      { objects: new Map([['templates/inner.yaml', custom()]]) },
    ));
});

const waiting = (properties: string): string =>
  `${widgets({ Early: 'Properties: { Name: early }' })}  Gate: { Type: AWS::CloudFormation::WaitConditionHandle }
  Wait: { Type: AWS::CloudFormation::WaitCondition, ${properties} }
  After: { Type: Test::Shop::Widget, DependsOn: Wait, Properties: { Name: after } }
Outputs: { Url: { Value: !Ref Gate }, Data: { Value: !GetAtt Wait.Data } }
`;

async function gateOf({ cloudFormation }: Shop): Promise<string> {
  let url = '';
  await until(async () => {
    const { StackResources = [] } = await cloudFormation.describeStackResources({ StackName: 's' });
    const isWaiting = StackResources.some((row) => row.LogicalResourceId === 'Wait');
    url = StackResources.find((row) => row.LogicalResourceId === 'Gate')?.PhysicalResourceId ?? '';
    return isWaiting && url !== '';
  }, 'the handle');
  return url;
}

suite('a wait condition', () => {
  const template = waiting('Properties: { Handle: !Ref Gate, Timeout: "300", Count: 2 }');

  test('holds the stack until as many signals have come, each counted once', () =>
    withShop(async (shop) => {
      const { cloudFormation } = shop;
      await cloudFormation.createStack({ StackName: 's', TemplateBody: template });
      const url = await gateOf(shop);
      for (let time = 0; time < 2; time++) {
        assert.equal(await put(url, { Status: 'SUCCESS', UniqueId: 'a', Data: 'one' }), 200);
      }
      assert.ok(!(await eventsOf(cloudFormation, 's')).some((line) => line.startsWith('After')));
      await put(url, { Status: 'SUCCESS', UniqueId: 'b', Data: 'two' });
      const stack = await settled(cloudFormation, 's');
      assert.equal(stack.StackStatus, 'CREATE_COMPLETE');
      const data = stack.Outputs?.find(({ OutputKey }) => OutputKey === 'Data')?.OutputValue;
      assert.deepEqual(JSON.parse(data ?? ''), { a: 'one', b: 'two' });
      await cloudFormation.deleteStack({ StackName: 's' });
      await settled(cloudFormation, stack.StackId ?? '');
      assert.equal(await put(url, { Status: 'SUCCESS', UniqueId: 'c' }), 403);
    }));

  test('fails at the first signal of a failure', () =>
    withShop(async (shop) => {
      await shop.cloudFormation.createStack({ StackName: 's', TemplateBody: template });
      await put(await gateOf(shop), { Status: 'FAILURE', UniqueId: 'a', Reason: 'disk full' });
      assert.equal((await settled(shop.cloudFormation, 's')).StackStatus, 'ROLLBACK_COMPLETE');
      assert.match(
        (await eventsOf(shop.cloudFormation, 's')).join('\n'),
        /Wait CREATE_FAILED WaitCondition received failed message: 'disk full' for uniqueId: a/,
      );
    }));

  test('that runs out of time says how many signals came', () =>
    withShop(
      async (shop, _provider, clock) => {
        await shop.cloudFormation.createStack({ StackName: 's', TemplateBody: template });
        await put(await gateOf(shop), { Status: 'SUCCESS', UniqueId: 'a' });
        clock.advance(301_000);
        await settled(shop.cloudFormation, 's');
        const events = (await eventsOf(shop.cloudFormation, 's')).join('\n');
        assert.match(events, /WaitCondition timed out. Received 1 conditions when expecting 2/);
      },
      { fakeTime: true },
    ));

  test('with a CreationPolicy is signalled by SignalResource', () =>
    withShop(async (shop) => {
      const { cloudFormation } = shop;
      const TemplateBody = waiting('CreationPolicy: { ResourceSignal: { Count: 1, Timeout: PT10M } }');
      await cloudFormation.createStack({ StackName: 's', TemplateBody });
      await gateOf(shop);
      const signal = { StackName: 's', LogicalResourceId: 'Wait', UniqueId: 'x', Status: 'SUCCESS' as const };
      await cloudFormation.signalResource(signal);
      assert.equal((await settled(cloudFormation, 's')).StackStatus, 'CREATE_COMPLETE');
      await assert.rejects(
        cloudFormation.signalResource(signal),
        /is in CREATE_COMPLETE state and can not be signaled/,
      );
      await assert.rejects(cloudFormation.signalResource({ ...signal, LogicalResourceId: 'Nope' }), /does not exist/);
    }));
});
