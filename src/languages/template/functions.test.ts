import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { linkOf, resolve } from './template.fixture.ts';

const mappings = 'Mappings: { Sizes: { eu-west-1: { small: 2, zones: [a, b] } } }';
const extensions = 'Transform: AWS::LanguageExtensions';

suite('functions give what CloudFormation gives', () => {
  const cases: readonly [name: string, value: string, expected: unknown, head?: string][] = [
    ['Ref of a resource', '!Ref Other', 'Other-1'],
    ['Ref of a pseudo parameter', '!Ref AWS::Region', 'eu-west-1'],
    ['Ref of the partition', '!Ref AWS::Partition', 'aws'],
    ['Ref of no value takes the property away', '!Ref AWS::NoValue', undefined],
    ['GetAtt with a list', 'Fn::GetAtt: [Other, Arn]'.replace(/^/, '{ ').concat(' }'), 'arn:Other'],
    ['GetAtt with a text', '{ "Fn::GetAtt": Other.Arn }', 'arn:Other'],
    ['Sub with references', "!Sub '${Other}:${Other.Arn}:${AWS::AccountId}'", 'Other-1:arn:Other:123456789012'],
    ['Sub with variables', "!Sub ['${a}-${b}', { a: 1, b: !Ref Other }]", '1-Other-1'],
    ['Sub with a literal', "!Sub 'x${!NotMine}y'", 'x${NotMine}y'],
    ['Join', "!Join ['-', [a, 1, true, !Ref Other]]", 'a-1-true-Other-1'],
    ['Join without the values that vanish', "!Join [',', [a, !Ref AWS::NoValue, b]]", 'a,b'],
    ['Select', '!Select [1, [a, b, c]]', 'b'],
    ['Select with a text as index', "!Select ['2', !Split [',', 'x,y,z']]", 'z'],
    ['Split', "!Split ['|', 'a||b']", ['a', '', 'b']],
    ['FindInMap', '!FindInMap [Sizes, !Ref AWS::Region, small]', 2, mappings],
    ['FindInMap of a list', '!FindInMap [Sizes, eu-west-1, zones]', ['a', 'b'], mappings],
    [
      'FindInMap with a default',
      '!FindInMap [Sizes, mars, small, { DefaultValue: 9 }]',
      9,
      `${mappings}\n${extensions}`,
    ],
    ['If', '!If [IsOn, a, b]', 'a', 'Conditions: { IsOn: !Equals [1, "1"] }'],
    ['If with no value', '!If [IsOn, !Ref AWS::NoValue, b]', undefined, 'Conditions: { IsOn: !Not [!Equals [a, b]] }'],
    [
      'And, Or, Condition',
      '!If [C, a, b]',
      'a',
      'Conditions: { A: !Equals [1, 1], B: !Equals [1, 2], C: !And [!Or [!Condition A, !Condition B], !Not [!Condition B]] }',
    ],
    ['ImportValue', '!ImportValue shared-value', 'imported'],
    [
      'ImportValue of a Sub',
      "{ 'Fn::ImportValue': !Sub 'shared-${x}' }".replace("!Sub 'shared-${x}'", "!Sub ['shared-${x}', { x: value }]"),
      'imported',
    ],
    ['Base64', '!Base64 häus', 'aMOkdXM='],
    ['GetAZs', "!GetAZs ''", ['eu-west-1a', 'eu-west-1b', 'eu-west-1c']],
    ['Cidr', '!Cidr [10.0.0.0/16, 3, 8]', ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24']],
    ['Cidr of a host inside the block', '!Cidr [10.0.3.7/22, 2, 5]', ['10.0.0.0/27', '10.0.0.32/27']],
    ['Cidr of IPv6', "!Cidr ['2001:db8::/56', 2, 64]", ['2001:db8::/64', '2001:db8:0:1::/64']],
    ['Length', '!Length [a, b]', 2, extensions],
    ['ToJsonString', '!ToJsonString { a: [1, !Ref Other] }', '{"a":[1,"Other-1"]}', extensions],
  ];
  for (const [name, value, expected, head] of cases) {
    test(name, () => assert.deepEqual(linkOf(value, head), expected));
  }
});

suite('functions that do not work out say so', () => {
  const cases: readonly [value: string, message: RegExp, head?: string][] = [
    ['!Ref Nobody', /Unresolved resource dependencies \[Nobody\] in the Resources block/],
    ['!GetAtt Nobody.Arn', /Unresolved resource dependencies \[Nobody\]/],
    ["!Sub '${Nobody.Arn}'", /Unresolved resource dependencies \[Nobody\]/],
    ['!GetAtt Other.Colour', /resource Other does not support attribute type Colour in Fn::GetAtt/],
    ["!Sub '${a b}'", /must contain only alphanumeric characters/],
    ['!Select [3, [a, b]]', /cannot select nonexistent value at index 3/],
    ['!FindInMap [Nope, a, b]', /Mapping named 'Nope' is not present/],
    ['!FindInMap [Sizes, mars, small]', /Unable to get mapping for Sizes::mars::small/, mappings],
    [
      '!FindInMap [Sizes, mars, small, { DefaultValue: 9 }]',
      /needs the line 'Transform: AWS::LanguageExtensions'/,
      mappings,
    ],
    ['!Length [a]', /Fn::Length needs the line/],
    ['!If [Nope, a, b]', /Unresolved condition dependency Nope/],
    ['!ImportValue nothing', /No export named nothing found/],
    ['!Cidr [10.0.0.0/24, 4, 8]', /no room for 4 blocks/],
    ['!Cidr [10.0.0/24, 1, 8]', /'10\.0\.0\/24' is not an address block/],
    ['{ "Fn::Jion": ["", []] }', /unsupported function Fn::Jion .*Did you mean Fn::Join\?/],
    ['{ "Fn::Join": ["", []], other: 1 }', /Fn::Join at .* must stand alone/],
    ['!Transform { Name: AWS::Include }', /a value is missing at .*Fn::Transform/],
    ['!Transform { Name: Mine }', /No transform named Mine found/],
  ];
  for (const [value, message, head] of cases) {
    test(value, () => assert.throws(() => linkOf(value, head), { code: 'ValidationError', message }));
  }
});

test('loops make one copy for each value, in keys, references and texts', () => {
  const properties = resolve(
    `
Transform: AWS::LanguageExtensions
Parameters: { Names: { Type: CommaDelimitedList, Default: 'a.b,c' } }
Resources:
  Fn::ForEach::Shops:
    - Name
    - !Ref Names
    - 'Shop&{Name}':
        Type: Test::Shop::Widget
        Properties: { Name: !Ref Name, Link: !Sub 'shop-\${Name}-\${AWS::Region}' }
  It:
    Type: Test::Shop::Widget
    Properties: { Names: [!Ref Shopab, !GetAtt Shopc.Arn] }
`,
  );
  assert.deepEqual(properties['Names'], ['Shopab-1', 'arn:Shopc']);
});

test('with the language extensions a function may name the resource of a reference', () => {
  const properties = resolve(
    `
Transform: AWS::LanguageExtensions
Parameters: { Which: { Type: String, Default: One } }
Resources:
  ShopOne: { Type: Test::Shop::Widget, Properties: { Name: a } }
  It:
    Type: Test::Shop::Widget
    Properties: { Names: [!Ref { 'Fn::Sub': 'Shop\${Which}' }, !GetAtt [!Sub 'Shop\${Which}', Arn]] }
`,
  );
  assert.deepEqual(properties['Names'], ['ShopOne-1', 'arn:ShopOne']);
});

test('values that grow without bound are cut off in time', () => {
  const levels = Array.from({ length: 12 }, (_, level) => `L${level}: { v: { k: ${'x'.repeat(10)} } }`).join(', ');
  const wide = `[${Array(40)
    .fill(0)
    .map(() => `!Join ['', [${Array(40).fill('!Ref Big').join(',')}]]`)
    .join(', ')}]`;
  const startedMs = performance.now();
  const text = `
Mappings: { ${levels} }
Parameters: { Big: { Type: String } }
Resources:
  It: { Type: Test::Shop::Widget, Properties: { Names: [${Array(5).fill(wide).join(', ')}] } }
`;
  assert.throws(() => resolve(text, { Big: 'x'.repeat(4000) }), /expands beyond 10000000 characters/);
  assert.ok(performance.now() - startedMs < 2000);
});

test('loops that grow without bound are cut off in time', () => {
  const values = `[${Array.from({ length: 60 }, (_, index) => `v${index}`).join(', ')}]`;
  const nested = (level: number): string =>
    level === 0
      ? "{ 'K${A}${B}${C}': 1 }"
      : `{ Fn::ForEach::L${level}: ['${'ABC'[level - 1]}', ${values}, ${nested(level - 1)}] }`;
  const text = `
Transform: AWS::LanguageExtensions
Resources: { It: { Type: Test::Shop::Widget, Properties: { Labels: ${nested(3)} } } }
`;
  const startedMs = performance.now();
  assert.throws(() => resolve(text), /more than 100000 members/);
  assert.ok(performance.now() - startedMs < 2000);
});
