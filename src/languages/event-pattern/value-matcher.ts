/** The comparison operators of event patterns: one value of an event against one matcher. */
import { BlockList, isIP } from 'node:net';
import { badPattern } from './errors.ts';

/** `undefined` stands for a member that the event does not have. */
export type ValueTest = (value: unknown) => boolean;

type TextTest = (text: string) => boolean;

// Limit: numbers of a pattern lie between -5e9 and 5e9, as in AWS.
const numberMax = 5e9;

/** Operators on text: those that anything-but can turn around. */
const textOperators = new Set(['prefix', 'suffix', 'equals-ignore-case', 'wildcard']);

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
  if (!textOperators.has(operator)) throw badPattern(`unrecognized match type ${operator} at '${place}'`);
  const wanted = textOf(operand, operator, place);
  if (wanted === '' && operator !== 'prefix' && operator !== 'equals-ignore-case') {
    throw badPattern(`${operator} of '${place}' takes a text of one character or more`);
  }
  switch (operator) {
    case 'prefix':
      return (text) => text.startsWith(wanted);
    case 'suffix':
      return (text) => text.endsWith(wanted);
    case 'equals-ignore-case':
      return (text) => text.toLowerCase() === wanted.toLowerCase();
    default:
      return compileWildcard(wanted, place);
  }
}

/**
 * A star stands for any run of characters, `\*` for a star and `\\` for a backslash. The texts between the stars are
 * looked for in their order, so that time is bounded by the length of the text times their number.
 */
function compileWildcard(pattern: string, place: string): TextTest {
  const parts = [''];
  for (const symbol of pattern.matchAll(/\\(.?)|\*+|[^\\*]+/gs)) {
    const [whole, escaped] = symbol;
    if (escaped !== undefined && escaped !== '*' && escaped !== '\\') {
      throw badPattern(`wildcard of '${place}' has an invalid escape at pos ${symbol.index}`);
    }
    if (whole.startsWith('**')) {
      throw badPattern(
        `wildcard of '${place}' has two stars in a row: consecutive wildcard characters at pos ${symbol.index}`,
      );
    }
    if (whole === '*') parts.push('');
    else parts.push(`${parts.pop() ?? ''}${escaped ?? whole}`);
  }
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of rest) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
}

function anythingBut(operand: unknown, place: string): ValueTest {
  if (typeof operand === 'object' && operand !== null && !Array.isArray(operand)) {
    const [[operator, value] = ['', undefined], ...others] = Object.entries(operand);
    if (others.length > 0 || !textOperators.has(operator) || (Array.isArray(value) && value.length === 0)) {
      throw badPattern(
        `anything-but of '${place}' takes values, or one of prefix, suffix, equals-ignore-case and wildcard`,
      );
    }
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
  if (operand.length === 4) assertRange(operand, place);
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

/** Two comparisons are a lower bound and then a higher one. */
function assertRange([from, low, to, high]: readonly unknown[], place: string): void {
  const isRange = String(from).startsWith('>') && String(to).startsWith('<') && Number(low) < Number(high);
  if (!isRange) throw badPattern(`numeric of '${place}' is a bad range: write it as ['>', 1, '<=', 5]`);
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
  if (typeof operand === 'string') return operand;
  throw badPattern(`${operator} of '${place}' takes a string`);
}
