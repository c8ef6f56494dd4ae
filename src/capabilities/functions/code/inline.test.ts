import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, suite, test } from 'node:test';
import { missingPython } from '#testing';
import { startFunctions } from '../functions.fixture.ts';
import { bootstrapFolder } from '../runtime/interpreter.ts';
import { packInline } from './inline.ts';

const event = { StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Thing' };

suite("a template's inline code", async () => {
  const { lambda, create, call } = await startFunctions();
  const told: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      told.push({ method: request.method, ...(JSON.parse(Buffer.concat(chunks).toString()) as object) });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer`;
  const run = async (name: string, runtime: 'nodejs22.x' | 'python3.12', text: string): Promise<void> => {
    const ZipFile = await packInline(text, runtime, bootstrapFolder);
    await create(name, {}, { Runtime: runtime, Code: { ZipFile } });
    assert.equal((await call(name, { ...event, ResponseURL })).error, undefined);
  };

  test('answers a custom resource from node by cfn-response', async () => {
    await run(
      'node-resource',
      'nodejs22.x',
      "const response = require('cfn-response'); exports.handler = (event, context) => response.send(event, context, response.SUCCESS, { A: 1 }, 'id');",
    );
    const { method, Status, PhysicalResourceId, StackId, Data } = told.at(-1) ?? {};
    assert.deepEqual([method, Status, PhysicalResourceId, StackId, Data], ['PUT', 'SUCCESS', 'id', 'stack', { A: 1 }]);
  });

  test('answers a custom resource from Python by cfnresponse', { skip: missingPython() }, async () => {
    await run(
      'python-resource',
      'python3.12',
      'import cfnresponse\ndef handler(event, context):\n    cfnresponse.send(event, context, cfnresponse.FAILED, {"A": 2}, reason="why")\n',
    );
    const { Status, Reason, Data, NoEcho } = told.at(-1) ?? {};
    assert.deepEqual([Status, Reason, Data, NoEcho], ['FAILED', 'why', { A: 2 }, false]);
  });

  test('is for node and Python only, and the same text gives the same archive', async () => {
    await assert.rejects(packInline('x', 'provided.al2023', bootstrapFolder), {
      code: 'InvalidParameterValueException',
    });
    const pack = () => packInline('exports.handler = 1', 'nodejs22.x', bootstrapFolder);
    assert.deepEqual(await pack(), await pack());
    assert.deepEqual((await lambda.listLayers({})).Layers, []);
  });
});
