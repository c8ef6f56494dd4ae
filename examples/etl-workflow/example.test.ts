import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { missingPython, useTempFolder } from '#testing';
import { runReadme } from '../../src/testing/readme.ts';
import { startMailbox, type Mailbox } from '../../src/testing/mailbox.ts';
import { missingSpark } from '../../src/testing/spark.ts';
import { startTestPlatform, type TestPlatform } from '../../src/testing/platform.ts';
import { startWalk, type Walk } from './walk.fixture.ts';

const realTrips = join('..', 'shared', 'data', 'taxi', 'tripdata.csv');
const withoutPython = missingPython();
const withoutTrips = withoutPython !== false || existsSync(realTrips) ? withoutPython : `${realTrips} is not there`;

/** Distance and fare for each rate code of the real file, added up by a decimal calculator. */
const realSums = [
  'rate_code_id,total_distance,total_fare_amount',
  '1,47819.43,217605.70',
  '2,7727.98,23192.00',
  '3,643.72,2460.50',
  '4,158.26,574.00',
  '5,339.32,3358.46',
];

test('the README does what it says', { skip: withoutPython }, async () => {
  const scratch = useTempFolder();
  const platform = await startTestPlatform({ open: false });
  try {
    const run = { pid: process.pid, endpoint: platform.endpoint, accountId: '000000000000' };
    writeFileSync(join(platform.dataDir, 'run.json'), JSON.stringify(run));
    const env = { MILLPOND_DATA_DIR: platform.dataDir, LIVY_PORT: new URL(platform.livyUrl ?? '').port };
    await runReadme({ path: 'examples/etl-workflow/README.md', env, scratch });
  } finally {
    await platform.close();
  }
});

for (const [language, skip] of [
  ['sql', withoutTrips],
  ['pyspark', withoutTrips === false ? missingSpark() : withoutTrips],
] as const) {
  test(
    `the ${language} form gives the sums of 20,000 real trips exactly, and refuses to write them twice`,
    { skip },
    async () => {
      const platform = await startTestPlatform();
      const walk = await startWalk(platform, { language, trips: readFileSync(realTrips, 'utf8') });
      try {
        const first = await walk.run();
        assert.equal(first.status, 'SUCCEEDED', first.cause);
        assert.deepEqual(await walk.answer(), realSums);
        const second = await walk.run();
        assert.equal(second.status, 'FAILED');
        assert.equal(second.error, 'MilesPerRateJobFailed');
        assert.match(second.cause ?? '', /miles-per-rate.*(?:exists|not empty)/i);
        await walk.destroy();
      } finally {
        walk.close();
        await platform.close();
      }
    },
  );
}

let platform: TestPlatform;
let walk: Walk;
let mailbox: Mailbox;

before(async () => {
  if (withoutPython !== false) return;
  mailbox = await startMailbox();
  platform = await startTestPlatform({ smtpUrl: mailbox.url });
  walk = await startWalk(platform, {
    language: 'sql',
    trips: 'header\n2,,,1,1.25,1,N,1,1,1,4.5\n2,,,1,2.25,1,N,1,1,1,5.0\n',
  });
});

after(async () => {
  if (withoutPython !== false) return;
  walk.close();
  await platform.close();
  await mailbox.close();
});

test('an object that arrives starts the workflow with its path', { skip: withoutPython }, async () => {
  await walk.deployVariation('on-arrival', { StateMachineArn: walk.machineArn, BucketName: walk.bucket });
  await walk.putTrips('emr-step-functions');
  const execution = await walk.nextExecution(walk.machineArn);
  assert.deepEqual(JSON.parse(execution.input ?? ''), { rootPath: walk.rootPath });
  assert.equal(execution.status, 'SUCCEEDED', execution.cause);
});

test('a failed execution sends an e-mail to who confirmed', { skip: withoutPython }, async () => {
  await walk.deployVariation('alert', { StateMachineArn: walk.machineArn, Address: 'ann@example.com' });
  const invitation = await mailbox.next();
  const link = /https?:\S+ConfirmSubscription\S+/.exec(invitation)?.[0];
  assert.ok(link, invitation);
  assert.equal((await fetch(link)).status, 200);
  const failed = await walk.run({ rootPath: 's3://there-is-no-such-bucket' });
  assert.equal(failed.status, 'FAILED');
  const alert = await mailbox.next();
  assert.match(alert, new RegExp(`Execution ${failed.name} of the Spark ETL workflow ended as FAILED`));
});

test('two months run in parallel, each under its own root', { skip: withoutPython }, async () => {
  const { TwoMonthsArn = '' } = await walk.deployVariation('two-months', { StateMachineArn: walk.machineArn });
  const months = ['january', 'february'];
  for (const month of months) await walk.putTrips(`${month}/emr-step-functions`);
  const both = await walk.run({ rootPaths: months.map((month) => `${walk.rootPath}/${month}`) }, TwoMonthsArn);
  assert.equal(both.status, 'SUCCEEDED', both.cause);
  assert.deepEqual(JSON.parse(both.output ?? ''), ['SUCCEEDED', 'SUCCEEDED']);
  assert.deepEqual(await walk.answer('february/'), ['rate_code_id,total_distance,total_fare_amount', '1,3.50,9.50']);
});
