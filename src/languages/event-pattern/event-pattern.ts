/**
 * Event patterns: which events a rule of EventBridge and which messages a subscription of SNS wants. Follows "Creating
 * Amazon EventBridge event patterns" and "Comparison operators" of the EventBridge user guide. A pattern is compiled
 * once into a test.
 */
import { comparable } from '#kernel/exact-json';
import { badPattern } from './errors.ts';
import { compileMatcher, type ValueTest } from './value-matcher.ts';

export type EventTest = (event: object) => boolean;

/** Tests the value (or its absence) at one place of an event. */
type NodeTest = (value: unknown) => boolean;

// Limit: a pattern has at most 4,096 characters, 10 levels and 1,000 combinations of $or.
const patternCharactersMax = 4096;
const depthMax = 10;
const branchesMax = 1000;

/** @throws InvalidEventPatternException saying what is wrong */
export function compileEventPattern(text: string): EventTest {
  if (text.length > patternCharactersMax) throw badPattern(`it is longer than ${patternCharactersMax} characters`);
  return compilePattern(parseObject(text));
}

/**
 * A pattern that is read already, such as a filter policy of SNS.
 * @throws PatternError
 */
export function compilePattern(pattern: Readonly<Record<string, unknown>>): EventTest {
  if (Object.keys(pattern).length === 0) throw badPattern('it is empty');
  return compileObject(pattern, '', { branches: 1 }, 1);
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badPattern('it is not JSON');
  }
  if (isObject(value)) return value;
  throw badPattern('it is not a JSON object');
}

function compileObject(
  pattern: Readonly<Record<string, unknown>>,
  path: string,
  budget: { branches: number },
  depth: number,
): NodeTest {
  if (depth > depthMax) throw badPattern(`it has more than ${depthMax} levels at '${path}'`);
  const tests = Object.entries(pattern).map(([key, wanted]): NodeTest => {
    const place = path === '' ? key : `${path}.${key}`;
    if (key === '$or' && isOr(wanted)) return compileOr(wanted, path, budget, depth);
    const test = compileNode(wanted, place, budget, depth);
    return (value) => test(memberOf(value, key));
  });
  const all: NodeTest = (value) => tests.every((test) => test(value));
  // In an array of objects one and the same element has to fulfil the whole pattern.
  return (value) => (Array.isArray(value) ? value.some(all) : all(value));
}

function compileNode(wanted: unknown, place: string, budget: { branches: number }, depth: number): NodeTest {
  if (Array.isArray(wanted)) return compileLeaf(wanted, place);
  if (!isObject(wanted)) throw badPattern(`'${place}' must be an object or an array`);
  if (Object.keys(wanted).length === 0) throw badPattern(`'${place}' is an empty object`);
  return compileObject(wanted, place, budget, depth + 1);
}

function compileOr(
  alternatives: readonly Record<string, unknown>[],
  path: string,
  budget: { branches: number },
  depth: number,
): NodeTest {
  budget.branches *= alternatives.length;
  if (budget.branches > branchesMax) throw badPattern(`$or makes more than ${branchesMax} combinations`);
  const tests = alternatives.map((alternative) => compileObject(alternative, path, budget, depth + 1));
  return (value) => tests.some((test) => test(value));
}

function compileLeaf(wanted: readonly unknown[], place: string): NodeTest {
  if (wanted.length === 0) throw badPattern(`'${place}' is an empty array`);
  const tests: ValueTest[] = wanted.map((matcher) => compileMatcher(matcher, place));
  return (value) => {
    // An empty array holds no value that could be compared.
    const values = (Array.isArray(value) ? value.flat(Infinity) : [value]).map(comparable);
    const present = values.length === 0 ? [undefined] : values;
    return present.some((one) => tests.some((test) => test(isObject(one) ? undefined : one)));
  };
}

function isOr(wanted: unknown): wanted is Record<string, unknown>[] {
  return Array.isArray(wanted) && wanted.length >= 2 && wanted.every(isObject);
}

function memberOf(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
