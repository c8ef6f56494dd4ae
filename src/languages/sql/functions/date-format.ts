/** MySQL's and Joda's patterns as the engine's, for patterns that are literals. */
import { notSupported } from '../errors.ts';
import type { CallSite } from './definition.ts';

/** MySQL's specifiers where the engine's differ; those that are the same letter and meaning stand too. */
const mysql: Readonly<Record<string, string>> = {
  a: '%a',
  b: '%b',
  c: '%-m',
  d: '%d',
  e: '%-d',
  f: '%f',
  H: '%H',
  h: '%I',
  I: '%I',
  i: '%M',
  j: '%j',
  k: '%-H',
  l: '%-I',
  M: '%B',
  m: '%m',
  p: '%p',
  r: '%I:%M:%S %p',
  S: '%S',
  s: '%S',
  T: '%H:%M:%S',
  v: '%V',
  W: '%A',
  x: '%G',
  Y: '%Y',
  y: '%y',
  '%': '%%',
};

/** `%Y-%m-%d %H:%i:%s` → `%Y-%m-%d %H:%M:%S`. @throws NOT_SUPPORTED for a specifier that has no counterpart */
export function fromMysqlPattern(pattern: string, site: CallSite): string {
  return pattern.replaceAll(/%(.)?/gs, (whole, letter = '') => {
    const found = Object.hasOwn(mysql, letter) ? mysql[letter] : undefined;
    if (found === undefined) throw notSupported(site.at, `'${whole}' in a pattern of ${site.name}`);
    return found;
  });
}

/** Joda's letters by how often they stand. */
const joda: Readonly<Record<string, (count: number) => string | undefined>> = {
  y: (count) => (count === 2 ? '%y' : '%Y'),
  Y: (count) => (count === 2 ? '%y' : '%Y'),
  u: () => '%Y',
  M: (count) => ['%-m', '%m', '%b', '%B'][count - 1],
  d: (count) => ['%-d', '%d'][count - 1],
  D: (count) => (count === 3 ? '%j' : '%-j'),
  H: (count) => ['%-H', '%H'][count - 1],
  h: (count) => ['%-I', '%I'][count - 1],
  m: (count) => ['%-M', '%M'][count - 1],
  s: (count) => ['%-S', '%S'][count - 1],
  S: (count) => (count === 3 ? '%g' : count === 6 ? '%f' : undefined),
  a: () => '%p',
  E: (count) => (count <= 3 ? '%a' : '%A'),
  e: () => '%u',
  w: (count) => (count === 2 ? '%V' : undefined),
  x: () => '%G',
  Z: () => '%z',
  z: () => '%Z',
};

/**
 * `yyyy-MM-dd'T'HH:mm` → `%Y-%m-%dT%H:%M`. A quote that nothing closes holds to the end, as in Joda: AWS's own examples
 * for load balancers' logs end in `'Z`. @throws NOT_SUPPORTED for letters that have no counterpart
 */
export function fromJodaPattern(pattern: string, site: CallSite): string {
  return pattern.replaceAll(
    /'((?:[^']|'')*)(?:'|$)|([a-zA-Z])\2*|%/gs,
    (whole, quoted: string | undefined, letter: string | undefined) => {
      if (whole === '%') return '%%';
      if (letter === undefined) return quoted === '' ? "'" : (quoted ?? '').replaceAll("''", "'").replaceAll('%', '%%');
      const found = Object.hasOwn(joda, letter) ? joda[letter]?.(whole.length) : undefined;
      if (found === undefined) throw notSupported(site.at, `'${whole}' in a pattern of ${site.name}`);
      return found;
    },
  );
}
