/**
 * Works out the functions of a template against a scope. What is not known yet travels on as `Unknown`, so the same
 * code serves a deployment, a change set and a check before anything is made.
 *
 * Functions as in the CloudFormation user guide, "Intrinsic function reference"; `Fn::Length`, `Fn::ToJsonString` and
 * the default of `Fn::FindInMap` need the transform `AWS::LanguageExtensions`, as there.
 */
import { templateError } from './errors.ts';
import { type Scope, pseudoParameter } from './scope.ts';
import { splitAttribute } from './source.ts';
import { cidrBlocks, parseSub } from './text-functions.ts';
import {
  type Mapping,
  type Path,
  type Resolved,
  Unknown,
  type Value,
  didYouMean,
  findUnknown,
  formatPath,
  formatValue,
  isMapping,
  isScalar,
  noValue,
} from './value.ts';

/** Limit: the values worked out from one template hold at most 10 MB of text and 500,000 members. */
const expandedCharsMax = 10_000_000;
const expandedNodesMax = 500_000;

type Outcome = Resolved | typeof noValue;
type TemplateFunction = (argument: Value, evaluator: Evaluator, path: Path) => Outcome;

export class Evaluator {
  readonly scope: Scope;
  #chars = 0;
  #nodes = 0;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** @throws ValidationError naming the function and what is wrong; a value that vanishes gives undefined */
  evaluate(value: Value, path: Path): Resolved | undefined {
    const outcome = this.resolve(value, path);
    return outcome === noValue ? undefined : outcome;
  }

  /** As `evaluate`, for an argument that must be there. */
  argument(value: Value | undefined, path: Path): Resolved {
    const outcome = value === undefined ? undefined : this.evaluate(value, path);
    if (outcome === undefined) throw templateError(`a value is missing at ${formatPath(path)}.`);
    return outcome;
  }

  resolve(value: Value, path: Path): Outcome {
    this.#spend(value, path);
    if (Array.isArray(value)) {
      const items = value.map((item: Value, index) => this.resolve(item, [...path, index]));
      return items.filter((item) => item !== noValue);
    }
    if (!isMapping(value)) return value;
    const called = functionOf(value, path);
    if (called !== undefined) {
      const outcome = called.apply(called.argument, this, [...path, called.name]);
      if (typeof outcome === 'string') this.#spend(outcome, path);
      return outcome;
    }
    const members: Record<string, Resolved> = {};
    for (const [name, member] of Object.entries(value)) {
      const outcome = this.resolve(member, [...path, name]);
      if (outcome !== noValue) members[name] = outcome;
    }
    return members;
  }

  /** Whether a condition function (or the name of a condition) holds. */
  holds(value: Value, path: Path): boolean {
    if (isMapping(value) && typeof value['Condition'] === 'string') return this.scope.condition(value['Condition']);
    const outcome = this.argument(value, path);
    if (outcome === true || outcome === 'true') return true;
    if (outcome === false || outcome === 'false') return false;
    throw templateError(`the condition at ${formatPath(path)} is neither true nor false.`);
  }

  #spend(value: Value, path: Path): void {
    this.#nodes += 1;
    if (typeof value === 'string') this.#chars += value.length;
    if (this.#chars <= expandedCharsMax && this.#nodes <= expandedNodesMax) return;
    throw templateError(`the template expands beyond ${expandedCharsMax} characters at ${formatPath(path)}.`);
  }
}

interface Call {
  readonly name: string;
  readonly argument: Value;
  readonly apply: TemplateFunction;
}

/** The function that a mapping calls; undefined when it is plain data. */
function functionOf(value: Mapping, path: Path): Call | undefined {
  const names = Object.keys(value);
  const name = names.find((key) => key === 'Ref' || key.startsWith('Fn::'));
  if (name === undefined) return undefined;
  // A property may be called Ref too (as one member of several); a function stands alone.
  if (name === 'Ref' && (names.length > 1 || typeof value['Ref'] !== 'string')) return undefined;
  if (names.length > 1) throw templateError(`${name} at ${formatPath(path)} must stand alone, not beside other keys.`);
  const apply = functions.get(name);
  if (apply === undefined) {
    throw templateError(`unsupported function ${name} at ${formatPath(path)}.${didYouMean(name, functions.keys())}`);
  }
  return { name, argument: value[name] ?? null, apply };
}

const functions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['Ref', (argument, evaluator, path) => reference(textOf(argument, path), evaluator, path)],
  ['Fn::GetAtt', getAttribute],
  ['Fn::Sub', substitute],
  ['Fn::Join', join],
  ['Fn::Select', select],
  ['Fn::Split', split],
  ['Fn::FindInMap', findInMap],
  ['Fn::If', choose],
  ['Fn::Equals', equals],
  ['Fn::And', (argument, evaluator, path) => conditions(argument, evaluator, path, 2).every(Boolean)],
  ['Fn::Or', (argument, evaluator, path) => conditions(argument, evaluator, path, 2).some(Boolean)],
  ['Fn::Not', (argument, evaluator, path) => !conditions(argument, evaluator, path, 1)[0]],
  ['Fn::Contains', (argument, evaluator, path) => everyMember(argument, evaluator, path, 'list')],
  ['Fn::EachMemberEquals', (argument, evaluator, path) => everyMember(argument, evaluator, path, 'value')],
  ['Fn::EachMemberIn', (argument, evaluator, path) => everyMember(argument, evaluator, path, 'list')],
  ['Fn::ImportValue', importValue],
  ['Fn::Base64', (argument, evaluator, path) => onText(argument, evaluator, path, encodeBase64)],
  ['Fn::Cidr', cidr],
  ['Fn::GetAZs', availabilityZones],
  ['Fn::Length', length],
  ['Fn::ToJsonString', toJsonString],
  ['Fn::Transform', refuseTransform],
]);

function reference(name: string, evaluator: Evaluator, path: Path): Outcome {
  const { scope } = evaluator;
  if (name === 'AWS::NoValue') return noValue;
  const value = scope.parameters.get(name) ?? pseudoParameter(name, scope.pseudo) ?? scope.resource(name)?.ref;
  if (value !== undefined) return value;
  throw templateError(`Unresolved reference ${name} at ${formatPath(path)}.`);
}

function attributeOf(logicalId: string, name: string, evaluator: Evaluator): Resolved {
  const resource = evaluator.scope.resource(logicalId);
  if (resource === undefined) {
    throw templateError(`instance of Fn::GetAtt references undefined resource ${logicalId}`);
  }
  const value = resource.attribute(name);
  if (value !== undefined) return value;
  throw templateError(`resource ${logicalId} does not support attribute type ${name} in Fn::GetAtt`);
}

function getAttribute(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const parts = typeof argument === 'string' ? splitAttribute(argument) : argument;
  if (!Array.isArray(parts) || parts.length < 2 || typeof parts[0] !== 'string') {
    throw templateError(`Fn::GetAtt object requires two non-empty parameters, the resource name and the attribute.`);
  }
  const names = parts.slice(1).map((part: Value, index) => evaluator.argument(part, [...path, index + 1]));
  if (!names.every((name) => typeof name === 'string')) {
    throw templateError(`the attribute of Fn::GetAtt at ${formatPath(path)} must be text.`);
  }
  return attributeOf(parts[0], names.join('.'), evaluator);
}

function substitute(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const [text, variables = {}] = Array.isArray(argument) ? (argument as Value[]) : [argument];
  if (typeof text !== 'string' || !isMapping(variables) || (Array.isArray(argument) && argument.length !== 2)) {
    throw templateError(
      'one or more Fn::Sub intrinsic functions do not specify expected arguments: text, or a list of text and a map of variables.',
    );
  }
  const parts = parseSub(text).map((part): Resolved => {
    if (part.kind === 'text') return part.text;
    if (Object.hasOwn(variables, part.name)) return evaluator.argument(variables[part.name], [...path, 1, part.name]);
    if (part.name.includes('.')) {
      const [logicalId = '', attribute = ''] = splitAttribute(part.name);
      return attributeOf(logicalId, attribute, evaluator);
    }
    const value = reference(part.name, evaluator, path);
    return value === noValue ? '' : value;
  });
  return concatenate(parts, '', path);
}

function join(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const [separator, list] = listArgument(argument, 2, 2, 'Fn::Join', path);
  if (typeof separator !== 'string') throw templateError('the separator of Fn::Join must be text.');
  const items = evaluator.argument(list, [...path, 1]);
  if (items instanceof Unknown) return items;
  if (!Array.isArray(items)) throw templateError(`Fn::Join at ${formatPath(path)} joins a list.`);
  return concatenate(items as Resolved[], separator, path);
}

function concatenate(parts: readonly Resolved[], separator: string, path: Path): Resolved {
  const unknown = parts.find((part) => part instanceof Unknown);
  if (unknown !== undefined) return unknown;
  const texts = parts.map((part) => {
    if (isScalar(part)) return String(part);
    if (Array.isArray(part) && part.every((item) => isScalar(item))) return part.join(',');
    throw templateError(`a value at ${formatPath(path)} is neither text nor a number.`);
  });
  const total = texts.reduce((sum, text) => sum + text.length + separator.length, 0);
  if (total > expandedCharsMax)
    throw templateError(`the text at ${formatPath(path)} is longer than ${expandedCharsMax}.`);
  return texts.join(separator);
}

function select(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const [indexValue, list] = listArgument(argument, 2, 2, 'Fn::Select', path);
  const index = evaluator.argument(indexValue, [...path, 0]);
  const items = evaluator.argument(list, [...path, 1]);
  if (index instanceof Unknown) return index;
  if (items instanceof Unknown) return items;
  if (!Array.isArray(items) || !/^\d+$/.test(formatValue(index))) {
    throw templateError(`Fn::Select at ${formatPath(path)} takes the place in a list, from 0, and the list.`);
  }
  const item = (items as Resolved[])[Number(index)];
  if (item !== undefined) return item;
  throw templateError(`Fn::Select cannot select nonexistent value at index ${formatValue(index)}`);
}

function split(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const [separator, source] = listArgument(argument, 2, 2, 'Fn::Split', path);
  const text = evaluator.argument(source, [...path, 1]);
  if (text instanceof Unknown) return text;
  if (typeof separator !== 'string' || separator === '' || typeof text !== 'string') {
    throw templateError(`Fn::Split at ${formatPath(path)} takes a separator and a text.`);
  }
  return text.split(separator);
}

function findInMap(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const keys = listArgument(argument, 3, 4, 'Fn::FindInMap', path);
  const [mapName, top, second] = keys.slice(0, 3).map((key, index) => evaluator.argument(key, [...path, index]));
  const unknown = [mapName, top, second].find((key) => key instanceof Unknown);
  if (unknown !== undefined) return unknown;
  const { mappings, languageExtensions } = evaluator.scope;
  const map = ownMember(mappings, formatValue(mapName));
  const found = ownMember(ownMember(map, formatValue(top)), formatValue(second));
  if (found !== undefined) return evaluator.resolve(found, path);
  if (isMapping(keys[3]) && 'DefaultValue' in keys[3]) {
    needExtensions(languageExtensions, 'the DefaultValue of Fn::FindInMap');
    return evaluator.resolve(keys[3]['DefaultValue'] ?? null, [...path, 3]);
  }
  if (map === undefined) {
    throw templateError(
      `Mapping named '${formatValue(mapName)}' is not present in the 'Mappings' section of template.`,
    );
  }
  throw templateError(`Unable to get mapping for ${formatValue(mapName)}::${formatValue(top)}::${formatValue(second)}`);
}

function ownMember(value: Value | undefined, name: string): Value | undefined {
  return isMapping(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function choose(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const [name, whenTrue = null, whenFalse = null] = listArgument(argument, 3, 3, 'Fn::If', path);
  if (typeof name !== 'string') throw templateError(`Fn::If at ${formatPath(path)} takes the name of a condition.`);
  return evaluator.scope.condition(name)
    ? evaluator.resolve(whenTrue, [...path, 1])
    : evaluator.resolve(whenFalse, [...path, 2]);
}

function equals(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const [left, right] = listArgument(argument, 2, 2, 'Fn::Equals', path).map((side, index) =>
    evaluator.argument(side, [...path, index]),
  );
  const unknown = [left, right].find((side) => side instanceof Unknown);
  if (unknown !== undefined) return unknown;
  return comparable(left) === comparable(right);
}

/** Scalars are equal when they read the same: `true` and `"true"`, 5 and `"5"`. */
function comparable(value: Resolved | undefined): string {
  return isScalar(value) ? String(value) : JSON.stringify(value);
}

function conditions(argument: Value, evaluator: Evaluator, path: Path, countMin: number): boolean[] {
  const countMax = countMin === 1 ? 1 : 10;
  const name = String(path.at(-1));
  return listArgument(argument, countMin, countMax, name, path).map((item, index) =>
    evaluator.holds(item, [...path, index]),
  );
}

/** The functions of rules: whether each member of a list is another value, or is in another list. */
function everyMember(argument: Value, evaluator: Evaluator, path: Path, other: 'list' | 'value'): Outcome {
  const name = String(path.at(-1));
  const sides = listArgument(argument, 2, 2, name, path).map((side, index) =>
    evaluator.argument(side, [...path, index]),
  );
  const unknown = sides.find((side) => side instanceof Unknown);
  if (unknown !== undefined) return unknown;
  const [left = [], right = []] = name === 'Fn::Contains' ? sides.toReversed() : sides;
  const members = asList(left).map(comparable);
  const allowed = new Set((other === 'list' ? asList(right) : [right]).map(comparable));
  return members.every((member) => allowed.has(member));
}

function asList(value: Resolved): readonly Resolved[] {
  return Array.isArray(value) ? (value as readonly Resolved[]) : [value];
}

function importValue(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const name = evaluator.argument(argument, path);
  if (name instanceof Unknown) return name;
  if (typeof name !== 'string')
    throw templateError(`Fn::ImportValue at ${formatPath(path)} takes the name of an export.`);
  const value = evaluator.scope.exportValue(name);
  if (value !== undefined) return value;
  throw templateError(`No export named ${name} found.`);
}

function onText(argument: Value, evaluator: Evaluator, path: Path, change: (text: string) => string): Outcome {
  const text = evaluator.argument(argument, path);
  if (text instanceof Unknown) return text;
  if (!isScalar(text)) throw templateError(`${String(path.at(-1))} at ${formatPath(path)} takes a text.`);
  return change(String(text));
}

function encodeBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function cidr(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const parts = listArgument(argument, 2, 3, 'Fn::Cidr', path).map((part, index) =>
    evaluator.argument(part, [...path, index]),
  );
  const unknown = parts.find((part) => part instanceof Unknown);
  if (unknown !== undefined) return unknown;
  const [block, count, hostBits] = parts;
  const defaultBits = formatValue(block).includes(':') ? 64 : 8;
  return cidrBlocks(formatValue(block), Number(count), hostBits === undefined ? defaultBits : Number(hostBits));
}

/** Limit: every region is taken to have the zones a, b and c. */
function availabilityZones(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  const region = evaluator.argument(argument, path);
  if (region instanceof Unknown) return region;
  const name = region === '' ? evaluator.scope.pseudo.region : formatValue(region);
  return ['a', 'b', 'c'].map((zone) => `${name}${zone}`);
}

function length(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  needExtensions(evaluator.scope.languageExtensions, 'Fn::Length');
  const list = evaluator.argument(argument, path);
  if (list instanceof Unknown) return list;
  if (!Array.isArray(list)) throw templateError(`Fn::Length at ${formatPath(path)} takes a list.`);
  return list.length;
}

function toJsonString(argument: Value, evaluator: Evaluator, path: Path): Outcome {
  needExtensions(evaluator.scope.languageExtensions, 'Fn::ToJsonString');
  const value = evaluator.argument(argument, path);
  if (typeof value !== 'object')
    throw templateError(`Fn::ToJsonString at ${formatPath(path)} takes an object or a list.`);
  return findUnknown(value) ?? JSON.stringify(value);
}

function refuseTransform(argument: Value): never {
  const name = isMapping(argument) ? formatValue(argument['Name']) : 'Fn::Transform';
  throw templateError(`the transform ${name} is not supported. Put what it would include into the template.`);
}

function needExtensions(declared: boolean, feature: string): void {
  if (declared) return;
  throw templateError(`${feature} needs the line 'Transform: AWS::LanguageExtensions' in the template.`);
}

function listArgument(argument: Value, min: number, max: number, name: string, path: Path): Value[] {
  if (Array.isArray(argument) && argument.length >= min && argument.length <= max) return argument as Value[];
  const count = min === max ? `${min}` : `${min} to ${max}`;
  throw templateError(`${name} at ${formatPath(path)} takes a list of ${count} values.`);
}

function textOf(argument: Value, path: Path): string {
  if (typeof argument === 'string') return argument;
  throw templateError(`${formatPath(path)} takes a name.`);
}
