import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bindTemplate, draftTemplate, snippetsOf } from './bound-template.ts';
import { bindParameters } from './parameters.ts';
import { parseSource } from './source.ts';
import { pseudo } from './template.fixture.ts';

const include = (location: string): string => `{ Name: AWS::Include, Parameters: { Location: ${location} } }`;

function expand(text: string, snippets: Record<string, string>) {
  const draft = draftTemplate(parseSource(text));
  const parameters = bindParameters(draft.parameters, new Map());
  assert.deepEqual(snippetsOf(draft, parameters, pseudo), Object.keys(snippets));
  return bindTemplate(draft, parameters, pseudo, { included: new Map(Object.entries(snippets)) }).processed;
}

suite('AWS::Include', () => {
  test('puts the members of a snippet where it stands, found by its parameters', () => {
    const text = `Parameters: { Bucket: { Type: String, Default: b } }
Resources:
  A: { Type: Test::Shop::Widget, Properties: { Name: a, Fn::Transform: ${include("!Sub 's3://${Bucket}/part.yaml'")} } }`;
    const { Resources } = expand(text, { 's3://b/part.yaml': 'Size: 5\nName: theirs' });
    assert.deepEqual(Resources, { A: { Type: 'Test::Shop::Widget', Properties: { Name: 'a', Size: 5 } } });
  });

  test('at the top adds resources to those of the template', () => {
    const text = `Transform: ${include('s3://b/more.yaml')}\nResources: { A: { Type: T } }`;
    const { Resources } = expand(text, { 's3://b/more.yaml': 'Resources: { B: { Type: U } }' });
    assert.deepEqual(Resources, { B: { Type: 'U' }, A: { Type: 'T' } });
  });

  test('refuses a snippet that includes another, and a transform that is not known', () => {
    const text = `Resources: { A: { Type: T, Properties: { Fn::Transform: ${include('s3://b/x')} } } }`;
    assert.throws(() => expand(text, { 's3://b/x': 'Fn::Transform: { Name: AWS::Include }' }), /includes another/);
    assert.throws(() => expand(text, { 's3://b/x': '[a]' }), /must be a mapping/);
    assert.throws(() => expand(text.replace('AWS::Include', 'Mine'), {}), /No transform named Mine found/);
    assert.throws(() => expand(text.replace('s3://b/x', '!GetAtt A.B'), {}), { code: 'ValidationError' });
  });
});
