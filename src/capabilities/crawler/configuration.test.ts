import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from './configuration.ts';

test('the configuration of Glue is understood whole', () => {
  const text = JSON.stringify({
    Version: 1.0,
    CrawlerOutput: {
      Partitions: { AddOrUpdateBehavior: 'InheritFromTable' },
      Tables: { AddOrUpdateBehavior: 'MergeNewColumns', TableThreshold: 5 },
    },
    Grouping: { TableGroupingPolicy: 'CombineCompatibleSchemas', TableLevelConfiguration: 2 },
    CreatePartitionIndex: true,
  });
  assert.deepEqual(parseConfiguration(text), {
    inheritPartitions: true,
    mergeNewColumns: true,
    combineCompatibleSchemas: true,
    tableLevel: 2,
    tableThreshold: 5,
    createPartitionIndex: true,
  });
  assert.equal(parseConfiguration(undefined).combineCompatibleSchemas, false);
  assert.equal(parseConfiguration('{"Version":1.0}').tableLevel, undefined);
});

test('what is not understood is refused by name', () => {
  const cases: [string, RegExp][] = [
    ['{', /not JSON/],
    ['[]', /must be a JSON object/],
    ['{}', /Version is undefined/],
    ['{"Version":2}', /must be 1.0/],
    ['{"Version":1,"Groping":{}}', /no member Groping/],
    ['{"Version":1,"Grouping":{"TableGroupingPolicy":"X"}}', /only CombineCompatibleSchemas/],
    ['{"Version":1,"Grouping":{"TableLevelConfiguration":0}}', /whole number above 0/],
    ['{"Version":1,"CrawlerOutput":{"Tables":{"AddOrUpdateBehavior":"X"}}}', /only MergeNewColumns/],
    ['{"Version":1,"CreatePartitionIndex":"yes"}', /true or false/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => parseConfiguration(text), { code: 'InvalidInputException', message }, text);
  }
});
