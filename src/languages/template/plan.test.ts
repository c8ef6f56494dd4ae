import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeployedResource, type ResourceChange, planStack } from './plan.ts';
import { bind, made, schemas, widget } from './template.fixture.ts';
import type { ResolvedMapping } from './value.ts';

const deployed = (logicalId: string, properties: ResolvedMapping): [string, DeployedResource] => [
  logicalId,
  {
    logicalId,
    type: widget.type,
    physicalId: `${logicalId}-1`,
    properties,
    attributes: { Arn: `arn:${logicalId}` },
    deletionPolicy: 'Delete',
  },
];

function plan(
  before: [string, DeployedResource][],
  text: string,
  parameters: Record<string, string> = {},
): ResourceChange[] {
  return planStack(new Map(before), bind(text, parameters), {
    schemas,
    exportValue: made.exportValue,
    canUpdate: () => true,
    tagsChange: false,
  });
}

const brief = (changes: readonly ResourceChange[]) =>
  changes.map(({ action, logicalId, replacement }) => [action, logicalId, replacement].filter(Boolean).join(' '));

test('a template like the stack plans nothing', () => {
  const text = 'Resources: { A: { Type: Test::Shop::Widget, Properties: { Name: a, Size: "3" } } }';
  assert.deepEqual(plan([deployed('A', { Name: 'a', Size: 3 })], text), []);
});

test('additions, changes and removals, with what each property does', () => {
  const changes = plan(
    [deployed('A', { Name: 'a', Size: 3 }), deployed('Old', {}), deployed('Gone', {})],
    `
Parameters: { Size: { Type: Number } }
Resources:
  A: { Type: Test::Shop::Widget, Properties: { Name: a, Size: !Ref Size, Labels: { x: y } } }
  New: { Type: Test::Shop::Widget }
`,
    { Size: '4' },
  );
  assert.deepEqual(brief(changes), ['Modify A False', 'Add New', 'Remove Gone', 'Remove Old']);
  assert.deepEqual(changes[0]?.details, [
    {
      attribute: 'Properties',
      name: 'Size',
      path: '/Properties/Size',
      change: 'Modify',
      recreation: 'Never',
      evaluation: 'Static',
      source: 'ParameterReference',
      cause: 'Size',
      before: 3,
      after: 4,
    },
    {
      attribute: 'Properties',
      name: 'Labels',
      path: '/Properties/Labels',
      change: 'Add',
      recreation: 'Never',
      evaluation: 'Static',
      source: 'DirectModification',
      after: { x: 'y' },
    },
  ]);
});

test('a replacement makes what refers to it change, too', () => {
  const changes = plan(
    [deployed('A', { Name: 'a' }), deployed('B', { Link: 'arn:A' }), deployed('C', { Name: 'A-1' })],
    `
Resources:
  A: { Type: Test::Shop::Widget, UpdateReplacePolicy: Retain, Properties: { Name: b } }
  B: { Type: Test::Shop::Widget, Properties: { Link: !GetAtt A.Arn } }
  C: { Type: Test::Shop::Widget, Properties: { Name: !Ref A } }
`,
  );
  assert.deepEqual(brief(changes), ['Modify A True', 'Modify B False', 'Modify C Conditional']);
  assert.equal(changes[0]?.policy, 'ReplaceAndRetain');
  assert.deepEqual(
    changes.slice(1).map(({ details }) => [details[0]?.evaluation, details[0]?.source, details[0]?.cause]),
    [
      ['Dynamic', 'ResourceAttribute', 'A.Arn'],
      ['Dynamic', 'ResourceReference', 'A'],
    ],
  );
});

test('a property that may replace is told as conditional', () => {
  const changes = plan(
    [deployed('A', { Kind: 'x' })],
    'Resources: { A: { Type: Test::Shop::Widget, Properties: { Kind: y } } }',
  );
  assert.deepEqual(brief(changes), ['Modify A Conditional']);
});

test('a member deep inside a property may replace the resource', () => {
  const deep = (id: string) =>
    `Resources: { A: { Type: Test::Shop::Widget, Properties: { Spec: { Id: ${id}, Note: n } } } }`;
  assert.deepEqual(brief(plan([deployed('A', { Spec: { Id: 'x', Note: 'n' } })], deep('y'))), ['Modify A True']);
  assert.deepEqual(brief(plan([deployed('A', { Spec: { Id: 'y', Note: 'm' } })], deep('y'))), ['Modify A False']);
  assert.deepEqual(brief(plan([deployed('A', {})], deep('y'))), ['Modify A True']);
});

test('metadata and policies change nothing but themselves', () => {
  const text = 'Resources: { A: { Type: Test::Shop::Widget, DeletionPolicy: Retain, Metadata: { a: 1 } } }';
  const changes = plan([deployed('A', {})], text);
  assert.deepEqual(brief(changes), ['Modify A False']);
  assert.deepEqual(
    changes[0]?.details.map(({ attribute }) => attribute),
    ['Metadata', 'DeletionPolicy'],
  );
});
