/** Intrinsic functions on text, JSON, encodings and hashes. */
import { createHash } from 'node:crypto';
import type { Json } from '../machine.ts';
import { InvalidArguments, objectOf, textOf, type Intrinsic } from './definition.ts';

// Limit: States.Base64Encode, States.Base64Decode and States.Hash take 10,000 characters, as in AWS.
const dataMax = 10_000;

export const textFunctions: Readonly<Record<string, Intrinsic>> = {
  'States.Format': {
    counts: [1, Number.POSITIVE_INFINITY],
    takesRawText: true,
    apply: ([template, ...values]) => format(textOf(template, 'States.Format'), values),
  },
  'States.StringToJson': {
    counts: [1, 1],
    apply([value]) {
      const text = textOf(value, 'States.StringToJson');
      if (text.trim() === '') return null;
      try {
        return JSON.parse(text) as Json;
      } catch {
        throw new InvalidArguments('Invalid arguments in States.StringToJson: the text is not valid JSON');
      }
    },
  },
  'States.JsonToString': { counts: [1, 1], apply: ([value]) => JSON.stringify(value) },
  'States.StringSplit': {
    counts: [2, 2],
    apply([value, separators]) {
      const text = textOf(value, 'States.StringSplit');
      const breaks = new Set(textOf(separators, 'States.StringSplit'));
      const parts = [''];
      for (const character of text) {
        if (breaks.has(character)) parts.push('');
        else parts[parts.length - 1] += character;
      }
      return parts.filter((part) => part !== '');
    },
  },
  'States.Base64Encode': {
    counts: [1, 1],
    apply: ([value]) => Buffer.from(boundedText(value, 'States.Base64Encode')).toString('base64'),
  },
  'States.Base64Decode': {
    counts: [1, 1],
    apply([value]) {
      const text = boundedText(value, 'States.Base64Decode');
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1) {
        throw new InvalidArguments('Invalid arguments in States.Base64Decode: the text is not valid Base64');
      }
      return Buffer.from(text, 'base64').toString();
    },
  },
  'States.Hash': {
    counts: [2, 2],
    apply([value, algorithm]) {
      const name = hashNames[textOf(algorithm, 'States.Hash')];
      if (name === undefined)
        throw new InvalidArguments('Invalid arguments in States.Hash: the algorithm is not known');
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return createHash(name).update(boundedText(text, 'States.Hash')).digest('hex');
    },
  },
  'States.JsonMerge': {
    counts: [3, 3],
    apply([first, second, isDeep]) {
      if (isDeep !== false) {
        throw new InvalidArguments(
          'Invalid arguments in States.JsonMerge: only the shallow merging mode is supported, the third argument must be false',
        );
      }
      return { ...objectOf(first, 'States.JsonMerge'), ...objectOf(second, 'States.JsonMerge') };
    },
  },
};

/** JSONata's $hash takes the same names. */
export const hashNames: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

function boundedText(value: Json | undefined, name: string): string {
  const text = textOf(value, name);
  if (text.length > dataMax)
    throw new InvalidArguments(`Invalid arguments in ${name}: the data exceeds ${dataMax} characters`);
  return text;
}

/** Puts the values at the `{}` of the template; `\{` and `\}` are braces. */
function format(template: string, values: readonly Json[]): string {
  let used = 0;
  const text = template.replace(/\\([\\'{}])|\{\}/g, (_, escaped: string | undefined) => {
    if (escaped !== undefined) return escaped;
    const value = values[used++];
    if (value === undefined) throw new InvalidArguments('Invalid arguments in States.Format: more {} than values');
    return typeof value === 'string' ? value : javaText(value);
  });
  if (used < values.length) throw new InvalidArguments('Invalid arguments in States.Format: more values than {}');
  return text;
}

/** As Java prints collections, which AWS shows in formatted text: `{Id=a, Names=[b, c]}`. */
function javaText(value: Json): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(javaText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, inner]) => `${name}=${javaText(inner)}`)
      .join(', ')}}`;
  }
  return String(value);
}
