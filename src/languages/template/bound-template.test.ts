import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bind, made, resolve, schemas } from './template.fixture.ts';

const fails = (text: string, message: RegExp, parameters: Record<string, string> = {}) =>
  assert.throws(() => bind(text, parameters).check(schemas, made.exportValue), { code: 'ValidationError', message });
const one = 'Resources: { It: { Type: Test::Shop::Widget } }';

suite('structure', () => {
  const cases: readonly [text: string, message: RegExp][] = [
    ['[]', /unsupported structure/],
    ['Description: x', /At least one Resources member must be defined/],
    ['Resource: {}', /Invalid template property or properties \[Resource\] Did you mean Resources\?/],
    [`AWSTemplateFormatVersion: 2011-01-01\n${one}`, /Template version is not supported: '2011-01-01'/],
    ['Resources: { my-bucket: { Type: A } }', /Resource name my-bucket is non alphanumeric/],
    ['Resources: { A: { Properties: {} } }', /\[\/Resources\/A\] Every Resources object must contain a Type member/],
    [
      'Resources: { A: { Type: T, Propertys: {} } }',
      /Invalid template resource property 'Propertys'\. Did you mean Properties\?/,
    ],
    ['Resources: { A: { Type: T, CreationPolicy: {} } }', /CreationPolicy is not supported/],
    [
      'Resources: { A: { Type: T, Properties: { B: null } } }',
      /\[\/Resources\/A\/Properties\/B\] 'null' values are not allowed/,
    ],
    [
      'Resources: { A: { Type: AWS::Nope::X }, B: { Type: AWS::Nope::Y } }',
      /Unrecognized resource types: \[AWS::Nope::X, AWS::Nope::Y\]/,
    ],
    [`${one}\nOutputs: { A: {} }`, /Every Outputs member must contain a Value/],
    [`${one}\nOutputs: { A: { Value: !Ref Gone } }`, /Unresolved resource dependencies \[Gone\] in the Outputs block/],
    [`${one}\nTransform: AWS::Serverless-2099-01-01`, /No transform named AWS::Serverless-2099-01-01 found/],
    [`${one}\nTransform: MyMacro`, /No transform named MyMacro found/],
    [`${one}\nMappings: { A: { b: c } }`, /\[\/Mappings\/A\] must hold two levels/],
    ['Resources: { A: { Type: Test::Shop::Widget, DependsOn: B } }', /Unresolved resource dependencies \[B\]/],
    [
      'Resources: { A: { Type: Test::Shop::Widget, DeletionPolicy: Snapshot } }',
      /Unrecognized DeletionPolicy Snapshot/,
    ],
    ['Resources: { Fn::ForEach::X: [A, [b], { C: 1 }] }', /Fn::ForEach::X at \/Resources needs the line/],
  ];
  for (const [text, message] of cases) test(text, () => fails(text, message));

  test('more than 500 resources are refused', () => {
    const resources = Array.from({ length: 501 }, (_, index) => `R${index}: { Type: Test::Shop::Widget }`);
    fails(`Resources: { ${resources.join(', ')} }`, /Number of resources, 501, is greater than maximum allowed, 500/);
  });
});

suite('dependencies', () => {
  const chain = (links: string): string => `Resources:\n${links}`;

  test('a resource comes after everything it refers to', () => {
    const bound = bind(
      chain(`
  A: { Type: Test::Shop::Widget, Properties: { Link: !Sub '\${B.Arn}' } }
  B: { Type: Test::Shop::Widget, DependsOn: [D], Properties: { Names: [!Ref C] } }
  C: { Type: Test::Shop::Widget }
  D: { Type: Test::Shop::Widget }
`),
    );
    assert.deepEqual([...bound.resources.keys()], ['D', 'C', 'B', 'A']);
    assert.deepEqual(bound.resources.get('B')?.dependencies, ['D', 'C']);
  });

  test('a circle is refused with its path', () => {
    const text = chain(`
  A: { Type: Test::Shop::Widget, Properties: { Link: !Ref B } }
  B: { Type: Test::Shop::Widget, DependsOn: C }
  C: { Type: Test::Shop::Widget, Properties: { Link: !GetAtt A.Arn } }
`);
    fails(text, /Circular dependency between resources: \[A, B, C\] \(A -> B -> C -> A\)/);
    fails(chain("  A: { Type: Test::Shop::Widget, Properties: { Link: !Sub '${A.Arn}' } }"), /\(A -> A\)/);
  });

  test('a chain as long as a template may be is no problem', () => {
    const links = Array.from(
      { length: 500 },
      (_, index) => `  R${index}: { Type: Test::Shop::Widget${index < 499 ? `, DependsOn: R${index + 1}` : ''} }`,
    );
    assert.equal([...bind(chain(links.join('\n'))).resources.keys()][0], 'R499');
  });

  test('conditions that depend on each other are refused', () => {
    fails(
      `Conditions: { A: !Not [!Condition B], B: !Not [!Condition A] }\n${one}`,
      /the condition A depends on itself/,
    );
  });

  test('a resource whose condition is false is gone, and only a branch that counts may speak of it', () => {
    const text = `
Parameters: { On: { Type: String } }
Conditions: { IsOn: !Equals [!Ref On, 'yes'] }
Resources:
  Maybe: { Type: Test::Shop::Widget, Condition: IsOn }
  It: { Type: Test::Shop::Widget, Properties: { Link: !If [IsOn, !Ref Maybe, none] } }
Outputs:
  Maybe: { Condition: IsOn, Value: !Ref Maybe }
`;
    assert.deepEqual([...bind(text, { On: 'no' }).resources.keys()], ['It']);
    assert.equal(resolve(text, { On: 'no' })['Link'], 'none');
    assert.equal(resolve(text, { On: 'yes' })['Link'], 'Maybe-1');
    assert.equal(bind(text, { On: 'no' }).outputs.length, 0);
  });
});

suite('properties', () => {
  const properties = (text: string): string =>
    `Resources: { It: { Type: Test::Shop::Widget, Properties: { ${text} } } }`;

  test('an unknown property is refused with its path and the nearest known one', () => {
    fails(
      properties('Nam: x'),
      /\[\/Resources\/It\/Properties\/Nam\] Encountered unsupported property Nam\. Did you mean Name\?/,
    );
    fails(
      properties('Parts: [{ Label: a }, { Labl: b }]'),
      /\[\/Resources\/It\/Properties\/Parts\/1\/Labl\].*Did you mean Label\?/,
    );
  });

  test('a required property must be there', () => {
    fails(
      properties('Parts: [{ Weight: 1 }]'),
      /\[\/Resources\/It\/Properties\/Parts\/0\] Property Label cannot be empty/,
    );
  });

  test('a value of a wrong type is refused', () => {
    fails(properties('Size: many'), /Value of property Size must be of type Number/);
    fails(properties('Size: 1.5'), /Value of property Size must be of type Integer/);
    fails(properties('Enabled: maybe'), /Value of property Enabled must be of type Boolean/);
    fails(properties('Names: a'), /Value of property Names must be of type List/);
    fails(properties('Name: [a]'), /Value of property Name must be of type String/);
    fails(properties('Labels: [a]'), /Value of property Labels must be of type Map/);
    fails(properties('Parts: [a]'), /Value of property 0 must be of type Object/);
  });

  test('an attribute that the type does not have is refused before anything is made', () => {
    const text = `
Resources:
  A: { Type: Test::Shop::Widget }
  B: { Type: Test::Shop::Widget, Properties: { Link: !GetAtt A.Colour } }
`;
    fails(text, /resource A does not support attribute type Colour in Fn::GetAtt/);
    assert.doesNotThrow(() => bind(text.replace('Colour', 'Outputs.Any')).check(schemas, made.exportValue));
  });
});

suite('rules', () => {
  const text = `
Parameters: { Stage: { Type: String }, Size: { Type: Number, Default: 1 } }
Rules:
  Big:
    RuleCondition: !Equals [!Ref Stage, prod]
    Assertions:
      - { Assert: !Not [!Equals [!Ref Size, 1]], AssertDescription: production needs more than one }
${one}
`;
  test('lists are compared member by member', () => {
    const holds = (assertion: string): void =>
      void bind(
        `Parameters: { L: { Type: CommaDelimitedList, Default: 'a,b' } }\nRules: { R: { Assertions: [{ Assert: ${assertion} }] } }\n${one}`,
      );
    assert.doesNotThrow(() => holds('!Contains [!Ref L, b]'));
    assert.throws(() => holds('!Contains [!Ref L, c]'), /Rule R failed: assertion 1 does not hold/);
    assert.doesNotThrow(() => holds('!EachMemberIn [!Ref L, [a, b, c]]'));
    assert.throws(() => holds('!EachMemberIn [!Ref L, [a]]'), /Rule R failed/);
    assert.throws(() => holds('!EachMemberEquals [!Ref L, a]'), /Rule R failed/);
  });

  test('an assertion holds or is told, under its condition', () => {
    assert.doesNotThrow(() => bind(text, { Stage: 'test' }));
    assert.doesNotThrow(() => bind(text, { Stage: 'prod', Size: '2' }));
    fails(text, /Rule Big failed: production needs more than one/, { Stage: 'prod' });
  });
});
