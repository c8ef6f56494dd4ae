/**
 * Patterns of the service models as JavaScript expressions. They are written for Java's engine and match the whole
 * text; about one in fifty is no expression for JavaScript with the `u` flag and is rewritten.
 */
import { RE2JS } from 're2js';

/** Java's POSIX classes, as they stand inside a character class. */
const posixClasses: Readonly<Record<string, string>> = {
  Alpha: 'a-zA-Z',
  Alnum: 'a-zA-Z0-9',
  ASCII: '\\x00-\\x7F',
  Blank: ' \\t',
  Cntrl: '\\x00-\\x1F\\x7F',
  Digit: '0-9',
  Graph: '\\x21-\\x7E',
  Lower: 'a-z',
  Print: '\\x20-\\x7E',
  Punct: '!-\\/:-@\\[-`{-~',
  Space: '\\s',
  Upper: 'A-Z',
  XDigit: '0-9a-fA-F',
};

export interface TextPattern {
  test(text: string): boolean;
}

/**
 * A repeated group with a repetition inside can take JavaScript's engine time without end; RE2 matches in linear time,
 * but is slower on all the others.
 */
const nestedRepetition = /\((?:[^()\\]|\\.)*[*+}](?:[^()\\]|\\.)*\)[*+{]/;

/** @returns undefined when neither engine can express the pattern: then only the length is checked. */
export function compilePattern(source: string): TextPattern | undefined {
  const { body, flags } = takeInlineFlags(source);
  if (nestedRepetition.test(body)) {
    const linear = tryCompileLinear(body, flags);
    if (linear !== undefined) return linear;
  }
  for (const candidate of [body, rewrite(body)]) {
    const pattern = tryCompile(`^(?:${candidate})$`, `u${flags}`);
    if (pattern !== undefined) return pattern;
  }
  return tryCompile(`^(?:${rewrite(body)})$`, flags);
}

/** `(?s)` and `(?i)` at the start of a pattern are flags in JavaScript. */
function takeInlineFlags(source: string): { body: string; flags: string } {
  const match = /^(\^?)\(\?([sim]+)\)/.exec(source);
  if (match === null) return { body: source, flags: '' };
  return { body: `${match[1]}${source.slice(match[0].length)}`, flags: match[2] ?? '' };
}

/** Replaces POSIX classes and takes away backslashes that the `u` flag refuses. */
function rewrite(source: string): string {
  let result = '';
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const char = source.charAt(at);
    if (char === '[' && inClass) result += '\\[';
    else if (char !== '\\') {
      if (char === '[') inClass = true;
      if (char === ']') inClass = false;
      result += char;
    } else {
      const posix = /^\\p\{(\w+)\}/.exec(source.slice(at));
      const set = posix?.[1] === undefined ? undefined : posixClasses[posix[1]];
      if (posix !== null && set !== undefined) {
        result += inClass ? set : `[${set}]`;
        at += posix[0].length - 1;
      } else {
        at += 1;
        result += keepEscape(source.charAt(at), inClass);
      }
    }
  }
  return result;
}

function keepEscape(char: string, inClass: boolean): string {
  const meaningful = /[\w^$\\.*+?()[\]{}|/]/.test(char) && char !== '_';
  return meaningful || (char === '-' && inClass) ? `\\${char}` : char;
}

function tryCompile(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

function tryCompileLinear(body: string, flags: string): TextPattern | undefined {
  const source = body.replace(/\\u([0-9a-fA-F]{4})/g, '\\x{$1}');
  try {
    const pattern = RE2JS.compile(`${flags === '' ? '' : `(?${flags})`}${source}`);
    return { test: (text) => pattern.matches(text) };
  } catch {
    return undefined;
  }
}
