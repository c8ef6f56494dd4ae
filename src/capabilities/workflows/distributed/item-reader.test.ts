import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { S3 } from '@aws-sdk/client-s3';
import { SFN } from '@aws-sdk/client-sfn';
import { DuckDBInstance } from '@duckdb/node-api';
import { clientConfig, useTempFolder } from '#testing';
import { startTestPlatform, type TestPlatform } from '../../../testing/platform.ts';
import { waitForEnd } from '../workflows.fixture.ts';

let platform: TestPlatform;
let sfn: SFN;
let s3: S3;
const folder = useTempFolder();
const roleArn = 'arn:aws:iam::000000000000:role/sfn';
let machines = 0;

before(async () => {
  platform = await startTestPlatform();
  sfn = new SFN({ ...clientConfig(platform.endpoint), disableHostPrefix: true });
  s3 = new S3({ ...clientConfig(platform.endpoint), forcePathStyle: true });
  await s3.createBucket({ Bucket: 'data' });
});

after(async () => {
  sfn.destroy();
  s3.destroy();
  await platform.close();
});

async function putParquet(Key: string, select: string): Promise<void> {
  const file = join(folder, 'made.parquet');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE 2048)`);
  connection.closeSync();
  instance.closeSync();
  await s3.putObject({ Bucket: 'data', Key, Body: readFileSync(file) });
}

/** Runs a distributed Map over what the reader reads. */
async function mapOver(itemReader: object, itemBatcher?: object) {
  const definition = {
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        ItemReader: itemReader,
        ...(itemBatcher !== undefined && { ItemBatcher: itemBatcher }),
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          StartAt: 'Same',
          States: { Same: { Type: 'Pass', End: true } },
        },
        End: true,
      },
    },
  };
  const { stateMachineArn } = await sfn.createStateMachine({
    name: `reader-${++machines}`,
    definition: JSON.stringify(definition),
    roleArn,
  });
  const { executionArn } = await sfn.startExecution({ stateMachineArn });
  return waitForEnd(sfn, executionArn);
}

function reader(key: string, config: object) {
  return {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig: config,
    Parameters: { Bucket: 'data', Key: key },
  };
}

test('the rows of a Parquet file are items with the names and types of its columns', async () => {
  await putParquet(
    'rows.parquet',
    `SELECT * FROM (VALUES
       (1::INTEGER, 'ä "x"', 1.50::DECIMAL(10,2), DATE '2024-02-29', TIMESTAMP '2024-02-29 12:30:00', true, [1, 2], {'City': 'Bern'}, NULL::DOUBLE),
       (2, NULL, -0.25, NULL, NULL, false, [], {'City': NULL}, 0.1))
     AS t("Id", name, amount, day, "at", flag, list, place, empty)`,
  );
  const { status, output, cause } = await mapOver(reader('rows.parquet', { InputType: 'PARQUET' }));
  assert.equal(status, 'SUCCEEDED', cause);
  assert.deepEqual(JSON.parse(output ?? ''), [
    {
      Id: 1,
      name: 'ä "x"',
      amount: 1.5,
      day: '2024-02-29',
      at: '2024-02-29 12:30:00',
      flag: true,
      list: [1, 2],
      place: { City: 'Bern' },
      empty: null,
    },
    { Id: 2, name: null, amount: -0.25, day: null, at: null, flag: false, list: [], place: { City: null }, empty: 0.1 },
  ]);
});

test('MaxItems ends the reading of a large Parquet file, in the order of its rows', async () => {
  await putParquet('many.parquet', 'SELECT range AS n FROM range(500000)');
  const config = { InputType: 'PARQUET', MaxItems: 5000 };
  const { status, output, cause } = await mapOver(reader('many.parquet', config), { MaxItemsPerBatch: 2500 });
  assert.equal(status, 'SUCCEEDED', cause);
  const batches = JSON.parse(output ?? '') as { Items: { n: number }[] }[];
  assert.equal(batches.length, 2);
  const numbers = batches.flatMap(({ Items }) => Items.map(({ n }) => n));
  assert.deepEqual(
    numbers,
    Array.from({ length: 5000 }, (_, n) => n),
  );
});

test('what is not a Parquet file fails the Map with a cause that names it', async () => {
  await s3.putObject({ Bucket: 'data', Key: 'text.parquet', Body: 'id,name\n1,a\n' });
  const { status, error, cause } = await mapOver(reader('text.parquet', { InputType: 'PARQUET' }));
  assert.equal(status, 'FAILED');
  assert.equal(error, 'States.ItemReaderFailed');
  assert.match(cause ?? '', /text\.parquet/);
});

test('numbers that JSON does not know are read as null', async () => {
  await putParquet('nan.parquet', `SELECT 'NaN'::DOUBLE AS a, ['-Infinity'::FLOAT, 1] AS b, 'a "NaN' AS c`);
  const { output, cause } = await mapOver(reader('nan.parquet', { InputType: 'PARQUET' }));
  assert.deepEqual(JSON.parse(output ?? 'null'), [{ a: null, b: [null, 1], c: 'a "NaN' }], cause);
});

test('the Parquet files under a prefix and those of an inventory and of an Athena manifest are read', async () => {
  for (const part of [1, 2]) await putParquet(`parts/${part}.parquet`, `SELECT ${part} AS part`);
  const listed = await mapOver({
    Resource: 'arn:aws:states:::s3:listObjectsV2',
    ReaderConfig: { InputType: 'PARQUET', Transformation: 'LOAD_AND_FLATTEN' },
    Parameters: { Bucket: 'data', Prefix: 'parts/' },
  });
  assert.deepEqual(JSON.parse(listed.output ?? 'null'), [{ part: 1 }, { part: 2 }], listed.cause);
  const inventory = {
    sourceBucket: 'data',
    destinationBucket: 'arn:aws:s3:::data',
    fileFormat: 'Parquet',
    files: [{ key: 'parts/1.parquet' }, { key: 'parts/2.parquet' }],
  };
  await s3.putObject({ Bucket: 'data', Key: 'manifest.json', Body: JSON.stringify(inventory) });
  const counted = await mapOver(reader('manifest.json', { InputType: 'MANIFEST' }));
  assert.deepEqual(JSON.parse(counted.output ?? 'null'), [{ part: 1 }, { part: 2 }], counted.cause);
  const lines = 's3://data/parts/2.parquet\ns3://data/parts/1.parquet\n';
  await s3.putObject({ Bucket: 'data', Key: 'manifest.csv', Body: lines });
  const unloaded = await mapOver(reader('manifest.csv', { ManifestType: 'ATHENA_DATA', InputType: 'PARQUET' }));
  assert.deepEqual(JSON.parse(unloaded.output ?? 'null'), [{ part: 2 }, { part: 1 }], unloaded.cause);
});
