import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { bindParameters } from '../parameters.ts';
import { draftTemplate } from '../bound-template.ts';
import { bind } from '../template.fixture.ts';
import { parseSource } from '../source.ts';
import { type Mapping, isMapping } from '../value.ts';
import { policyTemplateNames } from './policy-templates.ts';
import { expandServerless } from './serverless.ts';

const head = 'Transform: AWS::Serverless-2016-10-31\n';

function expand(text: string): Mapping {
  const draft = draftTemplate(parseSource(text));
  return expandServerless(draft.sections, bindParameters(draft.parameters, new Map()).values, 'aws');
}

const fn = (more: string, rest = ''): string =>
  `${head}Resources:\n  F: { Type: AWS::Serverless::Function, Properties: { Handler: a.b, Runtime: python3.12, InlineCode: x, ${more} } }\n${rest}`;

const connector = (source: string, destination: string, permission: string): string =>
  fn(
    '',
    `  T: { Type: AWS::SNS::Topic }\n  C: { Type: AWS::Serverless::Connector, Properties: { Source: ${source}, Destination: ${destination}, Permissions: [${permission}] } }\n`,
  );

/** What is equal in meaning is written the same: names of variables in texts, one action in a list or alone, no policies. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const map = value as Record<string, unknown>;
  const sub = map['Fn::Sub'];
  if (Array.isArray(sub)) {
    const variables = Object.entries(sub[1] as Record<string, unknown>);
    return variables.reduce<string>(
      (text, [name, member]) => text.replaceAll(`\${${name}}`, JSON.stringify(normal(member))),
      sub[0] as string,
    );
  }
  const said = Object.entries(map).filter(([name, member]) => name !== 'ManagedPolicyArns' || String(member) !== '');
  const members = said.map(([name, member]) => [
    name,
    ['Action', 'Resource'].includes(name) && map['Effect'] !== undefined ? normal([member].flat()) : normal(member),
  ]);
  return Object.fromEntries(members) as unknown;
}

suite('a serverless template', () => {
  for (const subject of ['everything', 'connectors']) {
    test(`becomes, resource by resource, what the translator of AWS makes of it: ${subject}`, () => {
      const file = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
      const expected = JSON.parse(file(`${subject}.json`)) as Record<'Resources' | 'Outputs', Record<string, unknown>>;
      const { Resources, Outputs } = expand(file(`${subject}.yaml`)) as typeof expected;
      assert.deepEqual(Object.keys(Resources).sort(), Object.keys(expected.Resources).sort());
      for (const [name, resource] of Object.entries(expected.Resources)) {
        assert.deepEqual(normal(Resources[name]), normal(resource), name);
      }
      assert.deepEqual(Outputs, expected.Outputs);
    });
  }

  test('can use every policy template', () => {
    assert.ok(policyTemplateNames().length > 75);
    for (const name of policyTemplateNames()) {
      const given =
        'TableName BucketName QueueName TopicName FunctionName StateMachineName StreamName WorkGroupName EventBusName KeyId ParameterName LogGroupName ClusterId ImageId SecretArn CertificateArn CollectionId DomainName DeliveryStreamName EndpointName EndpointConfigName HostedZoneId IdentityName TemplateName LexiconName PinpointApplicationId PipelineName TaskDefinition AccessPoint FileSystem'
          .split(' ')
          .map((parameter) => `${parameter}: thing`);
      const { Resources } = expand(fn(`Policies: [{ ${name}: { ${given.join(', ')} } }]`));
      const role = (Resources as Mapping)['FRole'] as Mapping;
      const text = JSON.stringify((role['Properties'] as Mapping)['Policies']);
      assert.ok(text.includes('"Effect":"Allow"') && !/[^$]\{\w+\}/.test(text), `${name} ${text}`);
    }
  });

  test('keeps the rest of the template, and is bound like any other', () => {
    const bound = bind(
      `${fn('Policies: [AWSLambdaRole]')}Parameters: { Stage: { Type: String, Default: dev } }\nOutputs: { O: { Value: !GetAtt FRole.Arn } }`,
    );
    assert.deepEqual([...bound.resources.keys()], ['FRole', 'F']);
    assert.equal(bound.processed['Transform'], undefined);
    assert.ok(isMapping(bound.processed['Outputs']));
  });

  test('with Globals gives each function its own on top of the shared', () => {
    const { Resources } = expand(
      `${fn('Timeout: 9, Layers: [b], Environment: { Variables: { A: own } }')}  G: { Type: AWS::Serverless::Function, IgnoreGlobals: [Timeout], Properties: { Handler: x, Runtime: y, InlineCode: z } }\nGlobals: { Function: { Timeout: 3, MemorySize: 512, Layers: [a], Environment: { Variables: { A: shared, B: shared } } } }`,
    ) as { Resources: Record<string, { Properties: Record<string, unknown> }> };
    const { F, G } = Resources;
    assert.equal(F?.Properties['Timeout'], 9);
    assert.equal(F.Properties['MemorySize'], 512);
    assert.deepEqual(F.Properties['Layers'], ['a', 'b']);
    assert.deepEqual(F.Properties['Environment'], { Variables: { A: 'own', B: 'shared' } });
    assert.equal(G?.Properties['Timeout'], undefined);
    assert.equal(G?.Properties['MemorySize'], 512);
  });

  test('turns what stands in a definition for a value into a substitution', () => {
    const { Resources } = expand(
      `${head}Resources:\n  M: { Type: AWS::Serverless::StateMachine, Properties: { Definition: { StartAt: A, States: { A: { Type: Task, Resource: !GetAtt Other.Arn, End: true } } }, DefinitionSubstitutions: { X: y } } }`,
    ) as { Resources: Record<string, { Properties: Record<string, unknown> }> };
    const { DefinitionString, DefinitionSubstitutions } = Resources['M']?.Properties ?? {};
    assert.equal(
      (JSON.parse(String(DefinitionString)) as { States: { A: { Resource: string } } }).States.A.Resource,
      '${definition_substitution_1}',
    );
    assert.deepEqual(DefinitionSubstitutions, {
      X: 'y',
      definition_substitution_1: { 'Fn::GetAtt': ['Other', 'Arn'] },
    });
  });

  test('may have nulls in a definition, and nowhere else', () => {
    const machine = (definition: string): string =>
      `${head}Resources: { M: { Type: AWS::Serverless::StateMachine, Properties: { Role: r, ${definition} } } }`;
    const { processed } = bind(machine('Definition: { StartAt: A, States: { A: { Type: Pass, ResultPath: null } } }'));
    assert.match(JSON.stringify(processed), /ResultPath.{2,6}null/);
    assert.throws(() => bind(machine('Definition: { StartAt: A }, Name: null')), /'null' values are not allowed/);
  });

  test('may say how its alias moves, which it does at once', () => {
    const text = (more: string): string => fn(`AutoPublishAlias: live${more}`);
    const plain = expand(text(''));
    assert.deepEqual(expand(text(', DeploymentPreference: { Type: Canary10Percent5Minutes, Alarms: [a] }')), plain);
    assert.deepEqual(expand(text(', DeploymentPreference: { Enabled: false, Hooks: { PreTraffic: a } }')), plain);
  });

  test('gives what it makes the tags of its resource, and no others, where it says so', () => {
    const { Resources } = expand(
      fn(
        'Tags: { a: b }, PropagateTags: true, AutoPublishAlias: live, EventInvokeConfig: { DestinationConfig: { OnFailure: { Type: SQS } } }',
      ),
    ) as { Resources: Record<string, { Properties: Record<string, unknown> }> };
    for (const name of ['F', 'FRole', 'FEventInvokeConfigOnFailureQueue']) {
      assert.deepEqual(Resources[name]?.Properties['Tags'], [{ Key: 'a', Value: 'b' }], name);
    }
  });

  test('names a policy of its role after its place in the list', () => {
    const { Resources } = expand(fn('Policies: [AWSLambdaExecute, { Statement: [] }, { Statement: [] }]')) as {
      Resources: { FRole: { Properties: { Policies: { PolicyName: string }[] } } };
    };
    const names = Resources.FRole.Properties.Policies.map(({ PolicyName }) => PolicyName);
    assert.deepEqual(names, ['FRolePolicy1', 'FRolePolicy2']);
  });

  test('publishes a new version when the code changes, and only then', () => {
    const versions = (code: string, more = ''): string[] => {
      const { Resources } = expand(
        `${head}Resources:\n  F: { Type: AWS::Serverless::Function, Properties: { Handler: a.b, Runtime: python3.12, CodeUri: ${code}, AutoPublishAlias: live ${more} } }`,
      );
      return Object.keys(Resources as Mapping).filter((name) => name.startsWith('FVersion'));
    };
    assert.deepEqual(versions('s3://b/k'), versions('s3://b/k', ', Timeout: 5'));
    assert.notDeepEqual(versions('s3://b/k'), versions('s3://b/other'));
    assert.notDeepEqual(versions('s3://b/k'), versions('s3://b/k', ', MemorySize: 256'));
  });
});

/** Every place in a value, as a list of keys. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  const own = path.length === 0 ? [] : [path];
  if (typeof value !== 'object' || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([name, member]) => placesIn(member, [...path, name]))];
}

test('whatever stands in a place of a serverless template, it is expanded or refused and never a fault', () => {
  for (const subject of ['everything', 'connectors']) {
    const text = readFileSync(join(import.meta.dirname, 'testdata', `${subject}.yaml`), 'utf8');
    breakEveryPlace(draftTemplate(parseSource(text)).sections);
  }
});

function breakEveryPlace(sections: Mapping): void {
  const wrong = [null, '', 5, true, [], {}, [{}], { Ref: 5 }, { 'Fn::If': 'x' }, { 'Fn::GetAtt': [] }];
  const places = placesIn(sections).filter(([section]) => section === 'Resources' || section === 'Globals');
  assert.ok(places.length > 200);
  for (const [index, place] of places.entries()) {
    if (place.length === 1) continue;
    const changed = structuredClone(sections) as Record<string, unknown>;
    const holder = place.slice(0, -1).reduce<Record<string, unknown>>((at, name) => at[name] as never, changed);
    holder[place.at(-1) ?? ''] = wrong[index % wrong.length];
    try {
      expandServerless(changed as Mapping, new Map([['Stage', 'dev']]), 'aws');
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'ValidationError', `${place.join('/')} ${String(error)}`);
    }
  }
}

suite('what a serverless template cannot have is refused by name', () => {
  const cases: readonly [text: string, message: RegExp][] = [
    [fn('Handel: x'), /id \[F\] is invalid. property Handel not defined .*Did you mean Handler\?/],
    [`${head}Resources: { F: { Type: AWS::Serverless::Function } }`, /Missing required property 'Handler'/],
    [
      `${head}Resources: { F: { Type: AWS::Serverless::Function, Properties: { Handler: x, Runtime: y, CodeUri: ./src } } }`,
      /'CodeUri' is not a valid S3 Uri .*packaged first/,
    ],
    [fn('CodeUri: s3://b/k'), /Only one of 'InlineCode' or 'CodeUri' can be set/],
    [fn('VersionDeletionPolicy: Delete'), /'VersionDeletionPolicy' requires 'AutoPublishAlias'/],
    [fn('PackageType: Image'), /container images are not served/],
    [fn('DeploymentPreference: { Type: AllAtOnce }'), /'DeploymentPreference' requires AutoPublishAlias/],
    [
      fn('AutoPublishAlias: live, DeploymentPreference: { Type: AllAtOnce, Hooks: { PreTraffic: !Ref F } }'),
      /The Hooks of a DeploymentPreference need CodeDeploy/,
    ],
    [
      `${head}Resources: { A: { Type: AWS::Serverless::Application, Properties: { Location: { ApplicationId: a, SemanticVersion: 1.0.0 } } } }`,
      /Serverless Application Repository are not served here/,
    ],
    [
      `${head}Resources: { A: { Type: AWS::Serverless::Application, Properties: { Location: ./app.yaml } } }`,
      /'Location' .*has to be packaged first/,
    ],
    [connector('{ Id: F }', '{ Id: G }', 'Write'), /'Destination': Unable to find resource with logical ID 'G'/],
    [connector('{ Id: T }', '{ Id: F }', 'Read'), /Unsupported 'Permissions' .* valid values are: Write\./],
    [
      connector('{ Id: T }', '{ Id: T }', 'Write'),
      /Unable to create connector from AWS::SNS::Topic to AWS::SNS::Topic/,
    ],
    [connector('{ Id: F }', '{}', 'Write'), /Must provide 'Id'/],
    [connector('{ Id: F }', '{ Type: AWS::SNS::Topic }', 'Write'), /'Destination' .* needs 'Arn'/],
    [
      connector('{ Type: AWS::Lambda::Function }', '{ Id: T }', 'Write'),
      /Unable to get IAM role name from 'Source' resource/,
    ],
    [fn('Events: { E: { Type: HttpApi, Properties: { Path: /, Method: get } } }'), /Event with id \[E\].*'HttpApi'/],
    [fn('Events: { E: { Type: S3, Properties: { Bucket: mine, Events: x } } }'), /must reference an S3 bucket/],
    [fn('Events: [a]'), /Property 'Events' should be a map/],
    [fn('Events: { E: { Type: Schedule } }'), /needs a 'Pattern' or a 'Schedule'/],
    [fn('Policies: [{ S3RedPolicy: { BucketName: b } }]'), /'S3RedPolicy' .*Did you mean S3ReadPolicy\?/],
    [fn('Policies: [{ S3ReadPolicy: {} }]'), /Missing required parameter values .*: BucketName/],
    [fn('AutoPublishAlias: !GetAtt A.B'), /'AutoPublishAlias' must be a string or a Ref to a template parameter/],
    [fn('DeadLetterQueue: { Type: Kinesis, TargetArn: x }'), /'DeadLetterQueue' requires/],
    [`${head}Resources: { A: { Type: AWS::Serverless::Api } }`, /type AWS::Serverless::Api is not served here/],
    [
      `${head}Resources: { A: { Type: AWS::Serverless::Function, Connectors: { C: 1 }, Properties: {} } }`,
      /'Connectors.C' must be a map with 'Properties'/,
    ],
    [`${fn('')}Globals: { Function: { Role: x } }`, /'Globals' section is invalid. 'Role' is not a supported property/],
    [`${fn('')}Globals: { Funktion: {} }`, /'Funktion' is not supported/],
    [fn('Policies: x', '  FRole: { Type: AWS::SNS::Topic }'), /would replace the resource of this name/],
    [
      `${head}Resources: { M: { Type: AWS::Serverless::StateMachine, Properties: {} } }`,
      /Either 'Definition' or 'DefinitionUri'/,
    ],
  ];
  for (const [text, message] of cases) {
    test(message.source, () => assert.throws(() => expand(text), { code: 'ValidationError', message }));
  }

  test('without the transform its section is unknown', () => {
    assert.throws(() => draftTemplate(parseSource('Globals: {}\nResources: { A: { Type: T } }')), /\[Globals\]/);
  });
});
