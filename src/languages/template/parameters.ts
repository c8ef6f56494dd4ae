/** Parameters of a template: their definitions, and the values a caller gives them. */
import { runInNewContext } from 'node:vm';
import { RE2JS } from 're2js';
import { formatError, validationError } from './errors.ts';
import type { ParameterValue } from './scope.ts';
import { type Mapping, type Value, didYouMean, isMapping, isScalar } from './value.ts';

export interface ParameterDefinition {
  readonly name: string;
  /** `String`, `Number`, `List<Number>`, `CommaDelimitedList`, `AWS::SSM::Parameter::Value<String>` … */
  readonly type: string;
  readonly default?: string;
  readonly description?: string;
  /** The value is masked wherever it would be shown. */
  readonly noEcho: boolean;
  readonly allowedValues?: readonly string[];
  readonly allowedPattern?: string;
  readonly constraintDescription?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minValue?: number;
  readonly maxValue?: number;
}

export interface BoundParameters {
  /** As given or by default: the name of the stored parameter for the SSM types. */
  readonly given: ReadonlyMap<string, string>;
  /** What `Ref` gives. */
  readonly values: ReadonlyMap<string, ParameterValue>;
}

/** Limit: 200 parameters of at most 4,096 bytes each (as AWS). */
const parametersMax = 200;
const valueBytesMax = 4096;

const members = [
  'Type',
  'Default',
  'Description',
  'NoEcho',
  'AllowedValues',
  'AllowedPattern',
  'ConstraintDescription',
  'MinLength',
  'MaxLength',
  'MinValue',
  'MaxValue',
];

/** @throws ValidationError naming the parameter */
export function readParameters(section: Mapping): Map<string, ParameterDefinition> {
  const count = Object.keys(section).length;
  if (count > parametersMax) {
    throw formatError(`Number of parameters, ${count}, is greater than maximum allowed, ${parametersMax}`);
  }
  const found = new Map<string, ParameterDefinition>();
  for (const [name, body] of Object.entries(section)) found.set(name, readParameter(name, body));
  return found;
}

function readParameter(name: string, body: Value): ParameterDefinition {
  if (!/^[A-Za-z0-9]{1,255}$/.test(name)) throw formatError(`Parameter name ${name} is non alphanumeric.`);
  if (!isMapping(body) || typeof body['Type'] !== 'string') {
    throw formatError(`Every Parameters object must contain a Type member: ${name} has none.`);
  }
  const unknown = Object.keys(body).find((member) => !members.includes(member));
  if (unknown !== undefined) {
    throw formatError(`Invalid template parameter property '${unknown}' of ${name}.${didYouMean(unknown, members)}`);
  }
  const type = body['Type'];
  if (!isParameterType(type)) throw formatError(`Unrecognized parameter type: ${type}`);
  const allowed = body['AllowedValues'];
  if (allowed !== undefined && !(Array.isArray(allowed) && allowed.every((item) => isScalar(item)))) {
    throw formatError(`AllowedValues of parameter ${name} must be a list of texts.`);
  }
  const text = (member: string): string | undefined => {
    const value = body[member];
    if (value === undefined) return undefined;
    if (isScalar(value)) return String(value);
    throw formatError(`Every ${member} member must be a string: that of parameter ${name} is not.`);
  };
  const definition = {
    name,
    type,
    default: text('Default'),
    description: text('Description'),
    noEcho: text('NoEcho') === 'true',
    allowedValues: (allowed as Value[] | undefined)?.map(String),
    allowedPattern: text('AllowedPattern'),
    constraintDescription: text('ConstraintDescription'),
    minLength: numberOf(text('MinLength'), name),
    maxLength: numberOf(text('MaxLength'), name),
    minValue: numberOf(text('MinValue'), name),
    maxValue: numberOf(text('MaxValue'), name),
  };
  const present = Object.entries(definition).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as unknown as ParameterDefinition;
}

function numberOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  throw formatError(`the limits of parameter ${name} must be numbers, not '${text}'.`);
}

function isParameterType(type: string): boolean {
  return (
    ['String', 'Number', 'CommaDelimitedList', 'List<Number>', 'List<String>', 'AWS::SSM::Parameter::Name'].includes(
      type,
    ) ||
    /^(?:List<)?AWS::(?:EC2|Route53)::[A-Za-z0-9]+::[A-Za-z0-9]+>?$/.test(type) ||
    storedType(type) !== undefined
  );
}

/** The type behind `AWS::SSM::Parameter::Value<…>`; undefined for other types. */
function storedType(type: string): string | undefined {
  return /^AWS::SSM::Parameter::Value<(String|CommaDelimitedList|List<.+>|AWS::.+)>$/.exec(type)?.[1];
}

/** Whether its value is the name of a parameter in the parameter store. */
export function isStoredParameter(definition: ParameterDefinition): boolean {
  return storedType(definition.type) !== undefined;
}

function isListType(type: string): boolean {
  return type === 'CommaDelimitedList' || type.startsWith('List<');
}

/**
 * The values that hold: those given, else the defaults, each checked against its definition.
 * @param stored values of the parameter store by name, for the SSM types; see `storedNames`
 * @throws ValidationError naming what is missing, unknown or out of bounds
 */
export function bindParameters(
  definitions: ReadonlyMap<string, ParameterDefinition>,
  given: ReadonlyMap<string, string>,
  stored: ReadonlyMap<string, string> = new Map(),
): BoundParameters {
  const values = new Map<string, ParameterValue>();
  const texts = givenTexts(definitions, given);
  for (const [name, text] of texts) {
    const definition = definitions.get(name);
    if (definition === undefined) continue;
    checkValue(definition, text);
    const inner = storedType(definition.type);
    const value = inner === undefined ? text : stored.get(text);
    if (value === undefined) {
      throw validationError(`Parameter ${name}: the parameter store has no parameter '${text}'.`);
    }
    values.set(name, isListType(inner ?? definition.type) ? splitList(value) : value);
  }
  return { given: texts, values };
}

/** The names in the parameter store that these parameters stand for. */
export function storedNames(
  definitions: ReadonlyMap<string, ParameterDefinition>,
  given: ReadonlyMap<string, string>,
): string[] {
  const texts = givenTexts(definitions, given);
  return [...texts]
    .filter(([name]) => storedType(definitions.get(name)?.type ?? '') !== undefined)
    .map(([, text]) => text);
}

function givenTexts(
  definitions: ReadonlyMap<string, ParameterDefinition>,
  given: ReadonlyMap<string, string>,
): Map<string, string> {
  const strangers = [...given.keys()].filter((name) => !definitions.has(name));
  if (strangers.length > 0) {
    const hint = didYouMean(strangers[0] ?? '', definitions.keys());
    throw validationError(`Parameters: [${strangers.join(', ')}] do not exist in the template${hint}`);
  }
  const texts = new Map<string, string>();
  const missing: string[] = [];
  for (const [name, definition] of definitions) {
    const text = given.get(name) ?? definition.default;
    if (text === undefined) missing.push(name);
    else texts.set(name, text);
  }
  if (missing.length > 0) throw validationError(`Parameters: [${missing.join(', ')}] must have values`);
  return texts;
}

function checkValue(definition: ParameterDefinition, text: string): void {
  const { name, allowedValues, allowedPattern, minLength, maxLength, minValue, maxValue } = definition;
  const fail = (rule: string): never => {
    const detail = definition.constraintDescription;
    if (detail !== undefined) throw validationError(`Parameter ${name} failed to satisfy constraint: ${detail}`);
    throw validationError(`Parameter '${name}' ${rule}`);
  };
  if (Buffer.byteLength(text) > valueBytesMax) fail(`is longer than ${valueBytesMax} bytes`);
  for (const item of isListType(definition.type) ? splitList(text) : [text]) {
    if (allowedValues !== undefined && !allowedValues.includes(item)) fail('must be one of AllowedValues');
    if (!/Number/.test(definition.type)) continue;
    const number = Number(item);
    if (item.trim() === '' || !Number.isFinite(number)) fail('must be a number');
    if (minValue !== undefined && number < minValue) fail(`must be a number not less than ${minValue}`);
    if (maxValue !== undefined && number > maxValue) fail(`must be a number not greater than ${maxValue}`);
  }
  if (minLength !== undefined && text.length < minLength) fail(`must contain at least ${minLength} characters`);
  if (maxLength !== undefined && text.length > maxLength) fail(`must contain at most ${maxLength} characters`);
  if (allowedPattern !== undefined && !matchesPattern(allowedPattern, text, name)) {
    fail(`must match pattern ${allowedPattern}`);
  }
}

/** Linear time, except for a pattern that looks around or back, which has to be matched by trying. */
function matchesPattern(pattern: string, text: string, name: string): boolean {
  let linear: RE2JS | undefined;
  try {
    linear = RE2JS.compile(pattern);
  } catch {
    return matchesByTrying(pattern, text, name);
  }
  return linear.matches(text);
}

/** Limit: 100 ms for a match by trying, after which the pattern counts as not usable. */
const tryingMaxMs = 100;

/** In a context of its own, since a match can only be interrupted there. */
function matchesByTrying(pattern: string, text: string, name: string): boolean {
  try {
    const source = `^(?:${pattern})$`;
    return runInNewContext('new RegExp(source).test(text)', { source, text }, { timeout: tryingMaxMs }) as boolean;
  } catch {
    throw formatError(
      `AllowedPattern '${pattern}' of parameter ${name} is not a regular expression that can be used here.`,
    );
  }
}

function splitList(text: string): string[] {
  return text === '' ? [] : text.split(',').map((item) => item.trim());
}
