import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { CloudFormation } from '@aws-sdk/client-cloudformation';
import { Lambda } from '@aws-sdk/client-lambda';
import { clientConfig, useTempFolder } from '#testing';
import { startTestPlatform } from '../../testing/platform.ts';

const run = promisify(execFile);

function deployWith(endpoint: string, template: string, ...flags: string[]): Promise<unknown> {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, NO_COLOR: '1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  const args = ['deploy', template, '--endpoint', endpoint, ...flags];
  return run(process.execPath, [resolve('src/main.ts'), ...args], { env });
}

test('a folder of code beside a serverless template is deployed as a function that works, and its change too', async (context) => {
  const platform = await startTestPlatform();
  const lambda = new Lambda(clientConfig(platform.endpoint));
  context.after(async () => {
    lambda.destroy();
    await platform.close();
  });
  const folder = join(useTempFolder(), 'greeter');
  mkdirSync(join(folder, 'src', 'lib'), { recursive: true });
  writeFileSync(
    join(folder, 'src', 'app.mjs'),
    "import { greet } from './lib/greet.mjs';\nexport const handler = greet;\n",
  );
  writeFileSync(
    join(folder, 'template.yaml'),
    `Transform: AWS::Serverless-2016-10-31
Resources:
  Greeter:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: greeter, Handler: app.handler, Runtime: nodejs22.x, CodeUri: ./src, AutoPublishAlias: live }
`,
  );
  for (const word of ['hello', 'good evening']) {
    writeFileSync(join(folder, 'src', 'lib', 'greet.mjs'), `export const greet = async (name) => '${word} ' + name;\n`);
    await deployWith(platform.endpoint, join(folder, 'template.yaml'));
    const { Payload } = await lambda.invoke({ FunctionName: 'greeter:live', Payload: '"Ada"' });
    assert.equal(JSON.parse(Buffer.from(Payload ?? []).toString()), `${word} Ada`);
  }
});

test('a stack that is deployed again keeps the parameters and tags that are not given', async (context) => {
  const platform = await startTestPlatform();
  const cloudFormation = new CloudFormation(clientConfig(platform.endpoint));
  context.after(async () => {
    cloudFormation.destroy();
    await platform.close();
  });
  const template = join(useTempFolder(), 'news.yaml');
  const write = (other: string): void =>
    writeFileSync(
      template,
      `Parameters: { Title: { Type: String, Default: none }, ${other}: { Type: String, Default: x } }
Resources: { T: { Type: AWS::SNS::Topic, Properties: { DisplayName: !Ref Title } }, Topic${other}: { Type: AWS::SNS::Topic } }`,
    );
  write('Gone');
  await deployWith(platform.endpoint, template, '--parameter', 'Title=mine', '--tag', 'team=a');
  write('More');
  await deployWith(platform.endpoint, template);
  const { Stacks: [stack] = [] } = await cloudFormation.describeStacks({ StackName: 'news' });
  const values = stack?.Parameters?.map(({ ParameterKey, ParameterValue }) => `${ParameterKey}=${ParameterValue}`);
  assert.deepEqual(values?.toSorted(), ['More=x', 'Title=mine']);
  assert.deepEqual(stack?.Tags, [{ Key: 'team', Value: 'a' }]);
});
