import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, TaskState } from '#languages/asl/index';
import type { FieldValidationMode } from './request.ts';
import { ResultModels, checkResult } from './result-schema.ts';

const models = new ResultModels();

function check(service: string, action: string, result: Json, mode: FieldValidationMode = 'STRICT'): void {
  const resource = { kind: 'integration', arn: '', service, action, isAwsSdk: false, pattern: 'request-response' };
  checkResult(result, { resource } as unknown as TaskState, mode, models);
}

function refusal(service: string, action: string, result: Json, mode?: FieldValidationMode): string {
  try {
    check(service, action, result, mode);
  } catch (error) {
    return (error as Error).message.replace('Mock result schema validation error: ', '');
  }
  return 'accepted';
}

test('required fields are asked for in the casing of state machines, and only when strict', () => {
  assert.equal(refusal('states', 'startExecution', {}), "Required field 'ExecutionArn' is missing");
  assert.equal(refusal('states', 'startExecution', { executionArn: 'x' }), "Required field 'ExecutionArn' is missing");
  assert.equal(refusal('states', 'startExecution', {}, 'PRESENT'), 'accepted');
});

test('types, bounds, lengths and values of enumerations are those of the service model', () => {
  assert.equal(refusal('events', 'putEvents', { Entries: 'x' }), "Field 'Entries' must be an array");
  assert.equal(refusal('events', 'putEvents', { Entries: [{ EventId: [] }] }), "Field 'EventId' must be a string");
  assert.equal(
    refusal('s3', 'getObject', { StorageClass: 'Papyrus' }),
    "Field 'StorageClass' is not an expected value",
  );
  assert.equal(refusal('s3', 'getObject', { ContentLength: '9' }), "Field 'ContentLength' must be a number");
  const memory = (size: number) => refusal('lambda', 'getFunction', { Configuration: { MemorySize: size } });
  assert.equal(memory(127), "Field 'MemorySize' is less than the minimum value");
  assert.equal(memory(99_999), "Field 'MemorySize' exceeds the maximum value");
  assert.equal(
    refusal('kms', 'encrypt', { CiphertextBlob: '' }),
    "Field 'CiphertextBlob' is smaller than the minimum length",
  );
});

test('unknown fields, payloads of functions and results of other patterns pass', () => {
  check('events', 'putEvents', { random: 'json' });
  check('lambda', 'invoke', { Payload: { any: 'thing' } });
  check('nowhere', 'doThing', { a: 1 });
  check('events', 'putEvents', { Entries: 1 }, 'NONE');
});
