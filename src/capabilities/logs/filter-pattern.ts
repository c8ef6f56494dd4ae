/**
 * Filter patterns of CloudWatch Logs in their three forms: terms (`ERROR -"timed out" ?a ?b %\d+%`), JSON
 * (`{ $.status = 500 }`) and space-delimited fields (`[ip, …, status=4*, bytes]`). Matching is case-sensitive.
 */
import { RE2JS } from 're2js';
import { badPattern, compileRegex, parseExpression, type Expression } from './filter-expression.ts';

export type FilterPattern = (message: string) => boolean;

// Limit: a filter pattern has at most 1,024 characters.
const patternCharactersMax = 1024;

/** @throws InvalidParameterException naming what cannot be read */
export function parseFilterPattern(pattern: string): FilterPattern {
  const text = pattern.trim();
  if (text.length > patternCharactersMax) {
    throw badPattern(text, `it has ${text.length} characters; at most ${patternCharactersMax} are allowed`);
  }
  if (text === '' || text === '""') return () => true;
  if (text.startsWith('{')) return parseJsonPattern(text);
  if (text.startsWith('[')) return parseFieldPattern(text);
  return parseTermPattern(text);
}

type Term = (message: string) => boolean;

const termForm = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|(\S+))/y;

function parseTermPattern(text: string): FilterPattern {
  const wanted: Term[] = [];
  const unwanted: Term[] = [];
  const optional: Term[] = [];
  termForm.lastIndex = 0;
  for (let match = termForm.exec(text); match !== null; match = termForm.exec(text)) {
    const [, sign, quoted, regex, word] = match;
    const list = sign === '?' ? optional : sign === '-' ? unwanted : wanted;
    list.push(termOf(quoted?.replace(/\\(.)/gs, '$1') ?? word, regex));
  }
  // As in AWS, the optional terms count only where they stand alone.
  if (wanted.length + unwanted.length === 0) return (message) => optional.some((term) => term(message));
  return (message) => wanted.every((term) => term(message)) && !unwanted.some((term) => term(message));
}

function termOf(text: string | undefined, regex: string | undefined): Term {
  if (regex === undefined) return (message) => message.includes(text ?? '');
  const compiled: RE2JS = compileRegex(regex);
  return (message) => compiled.matcher(message).find();
}

function parseJsonPattern(text: string): FilterPattern {
  if (!text.endsWith('}')) throw badPattern(text, "'}' is missing at its end");
  const expression = parseExpression(text.slice(1, -1));
  return (message) => {
    const document = parseObject(message);
    return document !== undefined && expression(document);
  };
}

function parseObject(message: string): object | undefined {
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    return JSON.parse(message) as object;
  } catch {
    return undefined;
  }
}

interface Field {
  readonly name: string;
  readonly test?: Expression;
}

function parseFieldPattern(text: string): FilterPattern {
  if (!text.endsWith(']')) throw badPattern(text, "']' is missing at its end");
  const parts = splitFields(text.slice(1, -1));
  const gap = parts.findIndex((part) => part === '...');
  if (gap !== -1 && parts.includes('...', gap + 1)) throw badPattern(text, "'...' may stand only once");
  const before = parts.slice(0, gap === -1 ? undefined : gap).map((part, index) => fieldOf(part, index, text));
  const after = gap === -1 ? [] : parts.slice(gap + 1).map((part, index) => fieldOf(part, gap + index, text));
  return (message) => {
    const values = splitMessage(message);
    const count = before.length + after.length;
    if (gap === -1 ? values.length !== count : values.length < count) return false;
    return (
      before.every((field, index) => passes(field, values[index])) &&
      after.every((field, index) => passes(field, values[values.length - after.length + index]))
    );
  };
}

function passes(field: Field, value: string | undefined): boolean {
  return field.test === undefined || field.test({ [field.name]: value });
}

function fieldOf(part: string, index: number, pattern: string): Field {
  const name = /^[A-Za-z_][\w-]*/.exec(part)?.[0];
  if (name === undefined && part !== '') throw badPattern(pattern, `'${part}' is not a field`);
  if (name === undefined || part === name) return { name: name ?? `field${index}` };
  return { name, test: parseExpression(part, [name]) };
}

/** Cuts at commas outside of quotes and expressions. */
function splitFields(body: string): string[] {
  const parts = body.match(/(?:"(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)*%|[^,])+|(?<=,)(?=,)/g) ?? [];
  return parts.map((part) => part.trim());
}

/** The words of a line; what stands in quotes or square brackets is one. */
function splitMessage(message: string): string[] {
  return [...message.matchAll(/"((?:[^"\\]|\\.)*)"|\[([^\]]*)\]|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
}
