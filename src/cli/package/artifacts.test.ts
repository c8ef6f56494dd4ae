import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { useTempFolder } from '#testing';
import { type ArtifactStore, packageTemplate } from './artifacts.ts';

class Bucket implements ArtifactStore {
  readonly objects = new Map<string, Buffer>();

  put(key: string, body: Buffer): Promise<string> {
    this.objects.set(key, body);
    return Promise.resolve('b');
  }

  urlOf(bucket: string, key: string): string {
    return `https://here/${bucket}/${key}`;
  }
}

interface Packed {
  readonly Resources: Readonly<Record<string, { readonly Properties: Readonly<Record<string, unknown>> }>>;
}

async function pack(
  folder: string,
  text: string,
): Promise<{ bucket: Bucket; text: string; properties: (id: string) => Record<string, unknown> }> {
  const bucket = new Bucket();
  const packed = await packageTemplate(join(folder, 'template.yaml'), text, bucket);
  return { bucket, text: packed, properties: (id) => (JSON.parse(packed) as Packed).Resources[id]?.Properties ?? {} };
}

suite('what a template names beside itself', () => {
  const folder = useTempFolder();
  mkdirSync(join(folder, 'src', 'lib'), { recursive: true });
  writeFileSync(join(folder, 'src', 'app.py'), 'def handler(event, context): return 1\n');
  writeFileSync(join(folder, 'src', 'lib', 'bootstrap'), '#!/bin/sh\n');
  chmodSync(join(folder, 'src', 'lib', 'bootstrap'), 0o755);
  writeFileSync(join(folder, 'machine.asl.json'), '{"StartAt":"A"}');
  writeFileSync(join(folder, 'ready.zip'), 'PK ready');
  writeFileSync(
    join(folder, 'inner.yaml'),
    'Resources: { F: { Type: AWS::Lambda::Function, Properties: { Code: src } } }',
  );
  writeFileSync(
    join(folder, 'loop.yaml'),
    'Resources: { L: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: loop.yaml } } }',
  );

  test('is uploaded by its content, and the template says where in the form of its property', async () => {
    const { bucket, properties } = await pack(
      folder,
      `Globals: { Function: { CodeUri: src } }
Resources:
  F: { Type: AWS::Serverless::Function, Properties: { CodeUri: ./src } }
  L: { Type: AWS::Lambda::Function, Properties: { Code: ready.zip, Role: !GetAtt R.Arn } }
  V: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: src/app.py } }
  M: { Type: AWS::Serverless::StateMachine, Properties: { DefinitionUri: machine.asl.json } }
  J: { Type: AWS::Glue::Job, Properties: { Command: { Name: pythonshell, ScriptLocation: src/app.py } } }
  S: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: inner.yaml } }
  A: { Type: AWS::Serverless::Application, Properties: { Location: inner.yaml } }
  Far: { Type: AWS::Serverless::Function, Properties: { CodeUri: 's3://theirs/x.zip' } }
  Inline: { Type: AWS::Lambda::Function, Properties: { Code: { ZipFile: x } } }`,
    );
    assert.match(String(properties('F')['CodeUri']), /^s3:\/\/b\/[0-9a-f]{32}\.zip$/);
    assert.match(JSON.stringify(properties('L')['Code']), /^\{"S3Bucket":"b","S3Key":"[0-9a-f]{32}\.zip"\}$/);
    assert.deepEqual(properties('L')['Role'], { 'Fn::GetAtt': ['R', 'Arn'] });
    const { Bucket: where, Key } = properties('M')['DefinitionUri'] as Record<string, string>;
    assert.deepEqual([where, bucket.objects.get(Key ?? '')?.toString()], ['b', '{"StartAt":"A"}']);
    assert.match(JSON.stringify(properties('J')['Command']), /s3:\/\/b\/[0-9a-f]+\.py/);
    assert.match(String(properties('S')['TemplateURL']), /^https:\/\/here\/b\/[0-9a-f]+\.template$/);
    assert.equal(properties('A')['Location'], properties('S')['TemplateURL']);
    assert.equal(properties('Far')['CodeUri'], 's3://theirs/x.zip');
    assert.deepEqual(properties('Inline')['Code'], { ZipFile: 'x' });
    const inner = [...bucket.objects.values()].map(String).find((text) => text.includes('AWS::Lambda::Function'));
    assert.match(inner ?? '', /"S3Bucket":"b"/);
  });

  test('gives the same archive as long as the files are the same, with programs that can be run', async () => {
    const text = 'Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: src } } }';
    const [first, second] = [await pack(folder, text), await pack(folder, text)];
    assert.deepEqual([...first.bucket.objects.keys()], [...second.bucket.objects.keys()]);
    const [zip] = first.bucket.objects.values();
    const directory = zip?.toString('latin1') ?? '';
    assert.ok(directory.includes('app.py') && directory.includes('lib/bootstrap'));
    const entry = zip?.lastIndexOf(Buffer.from('lib/bootstrap')) ?? 0;
    // External attributes, 8 bytes before the name in a central directory entry (APPNOTE 4.3.12), hold the mode.
    assert.equal(((zip?.readUInt32LE(entry - 8) ?? 0) >>> 16) & 0o777, 0o755);
  });

  test('stays as it was written when nothing lies on this disk', async () => {
    const text = '# kept\nResources: { B: { Type: AWS::S3::Bucket } }';
    assert.equal((await pack(folder, text)).text, text);
  });

  test('that is not there, or contains itself, is an error that names it', async () => {
    const absent = 'Resources: { F: { Type: AWS::Serverless::Function, Properties: { CodeUri: nowhere } } }';
    await assert.rejects(pack(folder, absent), /names nowhere, and there is no .*nowhere/);
    const loop = 'Resources: { L: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: loop.yaml } } }';
    await assert.rejects(pack(folder, loop), /loop\.yaml contains itself/);
  });
});
