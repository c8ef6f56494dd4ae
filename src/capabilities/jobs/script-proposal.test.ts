import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseStatement } from '#languages/sql/index';
import { identityMapping, proposeScript, type ProposalRequest } from './script-proposal.ts';

const request: ProposalRequest = {
  database: 'nycitytaxi',
  table: 'data',
  target: 's3://lake/parquet',
  mapping: [
    ...identityMapping([{ name: 'vendorid', type: 'bigint' }]),
    { source: 'fare', sourceType: 'string', target: 'fare_amount', targetType: 'decimal(10,2)' },
    ...identityMapping([{ name: 'month', type: 'string' }]),
  ],
};

test('the script reads like one that a person wrote', () => {
  const script = proposeScript(request);
  assert.match(script, /^-- nycitytaxi\.data to PARQUET in s3:\/\/lake\/parquet\/\n/);
  assert.match(script, /TRY_CAST\("fare" AS decimal\(10,\s?2\)\) AS "fare_amount", +-- string -> decimal\(10,2\)\n/);
  assert.match(script, /\n\)\nTO 's3:\/\/lake\/parquet\/'\nWITH \(format = 'PARQUET', compression = 'SNAPPY'\);\n$/);
  assert.equal(parseStatement(script).kind, 'unload');
});

test('partition columns come last', () => {
  const script = proposeScript({ ...request, partitionedBy: ['vendorid'], compression: 'zstd' });
  assert.match(script, /"vendorid" +-- bigint\n {2}FROM/);
  assert.match(script, /compression = 'ZSTD', partitioned_by = ARRAY\['vendorid'\]/);
});

test('names with quotes and line breaks stay names', () => {
  const script = proposeScript({
    ...request,
    table: 'a"; DROP\nTABLE b',
    mapping: identityMapping([{ name: 'x"y', type: 'string' }]),
  });
  assert.match(script, /"x""y"/);
  assert.equal(parseStatement(script).kind, 'unload');
});

test('what cannot be is refused by its name', () => {
  const refused = (change: Partial<ProposalRequest>, message: RegExp): void => {
    assert.throws(() => proposeScript({ ...request, ...change }), { code: 'InvalidInputException', message });
  };
  refused({ target: '/tmp/x' }, /'\/tmp\/x'/);
  refused({ format: 'ORC' as 'JSON' }, /'ORC'/);
  refused({ compression: 'lzo' }, /'LZO'/);
  refused({ mapping: [] }, /no columns/);
  refused({ mapping: [...request.mapping, ...identityMapping([{ name: 'Month', type: 'string' }])] }, /'month'/);
  refused({ partitionedBy: ['year'] }, /'year'/);
  refused({ mapping: [{ source: 'a', sourceType: 'string', target: 'a', targetType: 'nonsense' }] }, /'nonsense'/);
});
