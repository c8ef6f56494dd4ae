/**
 * Exclude patterns of a target, in Glue's glob grammar, against the key's part behind the include path:
 * `*` and `?` within a name, `**` across folders, `[a-z]` and `[!a-z]` for one character, `{csv,avro}` for alternatives,
 * a backslash before a character that stands for itself. A leading period is a character like any other.
 */
import { RE2JS } from 're2js';
import { invalidInput } from '../errors.ts';

/** @returns whether a path behind the include path is excluded. @throws InvalidInputException naming the pattern */
export function compileExclusions(patterns: readonly string[]): (relativePath: string) => boolean {
  const compiled = patterns.map((pattern) => RE2JS.compile(toRegex(pattern), RE2JS.DOTALL));
  return (relativePath) => compiled.some((regex) => regex.matcher(relativePath).matches());
}

function toRegex(pattern: string): string {
  let regex = '';
  let isInGroup = false;
  for (let at = 0; at < pattern.length; at++) {
    const sign = pattern.charAt(at);
    if (sign === '\\') {
      if (++at >= pattern.length) throw badPattern(pattern, 'it ends in a backslash');
      regex += quote(pattern.charAt(at));
    } else if (sign === '*') {
      const isDeep = pattern.charAt(at + 1) === '*';
      if (isDeep) at++;
      regex += isDeep ? '.*' : '[^/]*';
    } else if (sign === '?') {
      regex += '[^/]';
    } else if (sign === '[') {
      const end = pattern.indexOf(']', at + 2);
      if (end === -1) throw badPattern(pattern, `the bracket at character ${at + 1} is not closed`);
      regex += bracket(pattern.slice(at + 1, end));
      at = end;
    } else if (sign === '{') {
      if (isInGroup) throw badPattern(pattern, 'groups cannot be nested');
      isInGroup = true;
      regex += '(?:';
    } else if (sign === '}' && isInGroup) {
      isInGroup = false;
      regex += ')';
    } else {
      regex += sign === ',' && isInGroup ? '|' : quote(sign);
    }
  }
  if (isInGroup) throw badPattern(pattern, 'a group is not closed');
  return regex;
}

/** Within brackets `*`, `?` and the backslash stand for themselves; a slash never matches. */
function bracket(body: string): string {
  const isNegated = body.startsWith('!');
  const inner = (isNegated ? body.slice(1) : body).replace(/[\\[\]^&~]/g, '\\$&');
  return isNegated ? `[^/${inner}]` : `[${inner}]`;
}

function quote(sign: string): string {
  return /[\w/ -]/.test(sign) ? sign : `\\${sign}`;
}

function badPattern(pattern: string, fault: string): Error {
  return invalidInput(`Exclude pattern '${pattern}' cannot be used: ${fault}.`);
}
