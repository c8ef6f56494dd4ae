/** The comparison operators of event patterns: one value of an event against one matcher. */
import { BlockList, isIP } from 'node:net';
import { matchesWildcard } from '#kernel/wildcard';
import { badPattern } from './errors.ts';

/** `undefined` stands for a member that the event does not have. */
export type ValueTest = (value: unknown) => boolean;

type TextTest = (text: string) => boolean;

// Limit: numbers of a pattern lie between -5e9 and 5e9, as in AWS.
const numberMax = 5e9;

/** @throws InvalidEventPatternException naming the operator and its place */
export function compileMatcher(matcher: unknown, place: string): ValueTest {
  if (typeof matcher !== 'object' || matcher === null) return (value) => value === matcher;
  const entries = Object.entries(matcher);
  const [operator, operand] = entries[0] ?? ['', undefined];
  if (entries.length !== 1 || Array.isArray(matcher))
    throw badPattern(`'${place}' must hold one operator in each object`);
  switch (operator) {
    case 'exists':
      if (typeof operand !== 'boolean') throw badPattern(`exists of '${place}' must be true or false`);
      return (value) => (value !== undefined) === operand;
    case 'anything-but':
      return anythingBut(operand, place);
    case 'numeric':
      return numeric(operand, place);
    case 'cidr':
      return cidr(operand, place);
    default:
      return onText(compileText(operator, operand, place));
  }
}

function onText(test: TextTest): ValueTest {
  return (value) => typeof value === 'string' && test(value);
}

function compileText(operator: string, operand: unknown, place: string): TextTest {
  if ((operator === 'prefix' || operator === 'suffix') && typeof operand === 'object' && operand !== null) {
    const wanted = textOf((operand as Record<string, unknown>)['equals-ignore-case'], operator, place).toLowerCase();
    return (text) =>
      operator === 'prefix' ? text.toLowerCase().startsWith(wanted) : text.toLowerCase().endsWith(wanted);
  }
  const wanted = textOf(operand, operator, place);
  switch (operator) {
    case 'prefix':
      return (text) => text.startsWith(wanted);
    case 'suffix':
      return (text) => text.endsWith(wanted);
    case 'equals-ignore-case':
      return (text) => text.toLowerCase() === wanted.toLowerCase();
    case 'wildcard':
      if (wanted.includes('**')) throw badPattern(`wildcard of '${place}' has two stars in a row`);
      return (text) => matchesWildcard(wanted, text);
    default:
      throw badPattern(`unrecognized match type ${operator} at '${place}'`);
  }
}

function anythingBut(operand: unknown, place: string): ValueTest {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) {
    const [operator = '', value] = Object.entries(operand)[0] ?? [];
    const tests = (Array.isArray(value) ? value : [value]).map((one) => compileText(operator, one, place));
    return (actual) => typeof actual === 'string' && !tests.some((test) => test(actual));
  }
  const unwanted: unknown[] = Array.isArray(operand) ? operand : [operand];
  if (unwanted.length === 0 || unwanted.some((one) => typeof one !== 'string' && typeof one !== 'number')) {
    throw badPattern(`anything-but of '${place}' takes strings or numbers`);
  }
  return (actual) => actual !== undefined && !unwanted.includes(actual);
}

const comparisons: Record<string, (actual: number, wanted: number) => boolean> = {
  '=': (actual, wanted) => actual === wanted,
  '<': (actual, wanted) => actual < wanted,
  '<=': (actual, wanted) => actual <= wanted,
  '>': (actual, wanted) => actual > wanted,
  '>=': (actual, wanted) => actual >= wanted,
};

function numeric(operand: unknown, place: string): ValueTest {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw badPattern(`numeric of '${place}' takes one or two pairs of operator and number`);
  }
  const tests: ((actual: number) => boolean)[] = [];
  for (let at = 0; at < operand.length; at += 2) {
    const compare = comparisons[String(operand[at])];
    const wanted: unknown = operand[at + 1];
    if (compare === undefined)
      throw badPattern(`numeric of '${place}' has the unknown operator '${String(operand[at])}'`);
    if (typeof wanted !== 'number' || Math.abs(wanted) > numberMax) {
      throw badPattern(`numeric of '${place}' compares with numbers between -5e9 and 5e9`);
    }
    tests.push((actual) => compare(actual, wanted));
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

function cidr(operand: unknown, place: string): ValueTest {
  const [address = '', bits = ''] = textOf(operand, 'cidr', place).split('/');
  const family = isIP(address);
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) {
    throw badPattern(`cidr of '${place}' is not a network such as 10.0.0.0/24`);
  }
  const network = new BlockList();
  network.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return onText((text) => isIP(text) === family && network.check(text, family === 4 ? 'ipv4' : 'ipv6'));
}

function textOf(operand: unknown, operator: string, place: string): string {
  if (typeof operand === 'string' && operand !== '') return operand;
  throw badPattern(`${operator} of '${place}' takes a string`);
}
