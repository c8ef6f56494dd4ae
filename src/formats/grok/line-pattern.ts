/**
 * A compiled line pattern. Whatever a user writes runs on RE2, whose time grows with the line only; the few log formats
 * that are fixed here and proven in tests run on the engine's own RegExp, which is thirty times as fast.
 */
import { RE2JS } from 're2js';
import { messageOf } from '#kernel/errors';
import { badDefinition } from '../errors.ts';

export interface LinePattern {
  /** Number of groups, not counting the whole match. */
  readonly groupCount: number;
  /** Names of groups, by number. */
  readonly names: ReadonlyMap<number, string>;
  /** The groups' texts, from 1 at index 0, undefined where a group took no part; nothing when the line does not match. */
  match(line: string): (string | undefined)[] | undefined;
}

// Limit: a pattern is at most 100,000 characters long when all names in it are put in.
export const patternLengthMax = 100_000;

/**
 * @param isWhole whether the whole line must match
 * @throws InvalidInputException saying what RE2 does not know: look-around and back-references
 */
export function compileUserRegex(
  source: string,
  options: { isWhole: boolean; isCaseInsensitive?: boolean; title: string },
): LinePattern {
  if (source.length > patternLengthMax) throw badDefinition(options.title, `${source.slice(0, 60)}…`, 'it is too long');
  const flags = options.isCaseInsensitive === true ? RE2JS.CASE_INSENSITIVE : 0;
  let regex: RE2JS;
  let anchored: RE2JS;
  try {
    regex = RE2JS.compile(toRe2(source), flags);
    anchored = RE2JS.compile(`^(?:${toRe2(source)})`, flags);
  } catch (error) {
    throw badDefinition(
      options.title,
      source.length > 200 ? `${source.slice(0, 200)}…` : source,
      `${messageOf(error)} (patterns run in linear time: look-around and back-references are not known)`,
    );
  }
  const names = new Map(Object.entries(regex.namedGroups()).map(([name, number]) => [number, name]));
  return {
    groupCount: regex.groupCount(),
    names,
    match(line) {
      // The leftmost match is at the start of most lines, and RE2 is several times as fast where it need not look further.
      let matcher = (options.isWhole ? regex : anchored).matcher(line);
      if (!(options.isWhole ? matcher.matches() : matcher.find())) {
        if (options.isWhole) return undefined;
        matcher = regex.matcher(line);
        if (!matcher.find()) return undefined;
      }
      return Array.from({ length: matcher.groupCount() }, (_, index) => matcher.group(index + 1) ?? undefined);
    },
  };
}

/** For patterns of this program only, never for a user's text. */
export function compileTrusted(source: string): LinePattern {
  const names = new Map<number, string>();
  const regex = new RegExp(source.replaceAll('(?P<', '(?<'));
  for (const [index, name] of [...source.matchAll(/\(\?P<(\w+)>/g)].entries()) names.set(index + 1, name[1] as string);
  return {
    groupCount: names.size,
    names,
    match(line) {
      const match = regex.exec(line);
      return match === null ? undefined : match.slice(1);
    },
  };
}

/** Java's and Oniguruma's atomic groups and possessive quantifiers only save time; in RE2 they need not be. */
function toRe2(source: string): string {
  let plain = '';
  let isInClass = false;
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at] as string;
    if (character === '\\') {
      // \h is a hexadecimal digit for Grok's engine and a blank for Java's; RE2 knows neither.
      plain += source.slice(at, at + 2);
      at += 1;
    } else if (isInClass) {
      isInClass = character !== ']';
      plain += character;
    } else if (character === '[') {
      isInClass = true;
      plain += character;
      // A closing bracket right behind the opening one is an ordinary character.
      if (source[at + 1] === '^') plain += source[(at += 1)];
      if (source[at + 1] === ']') {
        plain += '\\]';
        at += 1;
      }
    } else if (source.startsWith('(?>', at)) {
      plain += '(?:';
      at += 2;
    } else if (character === '+' && /[+*?}]/.test(source[at - 1] ?? '') && source[at - 2] !== '\\') {
      continue;
    } else plain += character;
  }
  return plain;
}
