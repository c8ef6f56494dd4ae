/**
 * Keys and paths: an object's key is its path under the bucket's folder wherever a file system allows that, so that
 * people and engines read the files directly. What cannot be a path is escaped, reversibly, segment by segment:
 *
 * - `~%text`   a segment that is empty, `.` or `..`, holds control characters, or looks like an escape itself;
 *              control characters and `%` stand as `%XX` inside
 * - `~+text/`  the first piece of a segment longer than a file name may be; the pieces that follow are inside
 * - `~=text`   the file of key `a` where `a` must be a folder because of `a/b`
 *
 * Limit: on a file system that ignores case, keys that differ only in case are one file.
 * Limit: a dropped file whose name holds control characters, or is a malformed escape, is no object.
 */
const escapedMark = '~%';
const continuedMark = '~+';
const displacedMark = '~=';

/** Longest file name, in bytes, of every common file system. */
const nameBytesMax = 255;
/** Longest key S3 knows, in bytes of UTF-8. */
export const keyBytesMax = 1024;

/** What a file name under a bucket's folder says. */
export interface DecodedName {
  readonly kind: 'plain' | 'escaped' | 'continued' | 'displaced';
  readonly text: string;
}

export function isLegalKey(key: string): boolean {
  return key.length > 0 && key.isWellFormed() && Buffer.byteLength(key) <= keyBytesMax;
}

/** The file names, from the bucket's folder downwards, under which a key lies. */
export function encodeKey(key: string): string[] {
  return key.split('/').flatMap(encodeSegment);
}

/** The same for a key whose plain path is a folder: only the last name differs. */
export function encodeDisplacedKey(key: string): string[] {
  const segments = key.split('/');
  const last = segments.pop() ?? '';
  return [...segments.flatMap(encodeSegment), ...escapeSegment(last, displacedMark)];
}

/** The key under which a path (as file names) lies; undefined when no key is kept there. */
export function decodeKey(names: readonly string[]): string | undefined {
  const segments: string[] = [];
  let pieces = '';
  for (const [index, name] of names.entries()) {
    const decoded = decodeName(name);
    if (decoded === undefined) return undefined;
    if (decoded.kind === 'displaced' && index < names.length - 1) return undefined;
    pieces += decoded.text;
    if (decoded.kind === 'continued') continue;
    segments.push(pieces);
    pieces = '';
  }
  const key = segments.join('/');
  const path = names.join('/');
  const isCanonical = encodeKey(key).join('/') === path || encodeDisplacedKey(key).join('/') === path;
  return isCanonical ? key : undefined;
}

export function encodeSegment(segment: string): string[] {
  return isPlain(segment) ? [segment] : escapeSegment(segment, escapedMark);
}

/** The names of a segment's displaced file. */
export function encodeDisplacedSegment(segment: string): string[] {
  return escapeSegment(segment, displacedMark);
}

/** @returns undefined for a name that no encoding makes */
export function decodeName(name: string): DecodedName | undefined {
  const mark = name.slice(0, 2);
  if (mark !== escapedMark && mark !== continuedMark && mark !== displacedMark) {
    return isPlain(name) ? { kind: 'plain', text: name } : undefined;
  }
  const text = unescapeText(name.slice(2));
  if (text === undefined) return undefined;
  return { kind: mark === escapedMark ? 'escaped' : mark === continuedMark ? 'continued' : 'displaced', text };
}

/**
 * Orders keys as S3 does, by the bytes of their UTF-8. JavaScript orders by UTF-16 units, which differs exactly where
 * a surrogate pair meets a character of U+E000 and above.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    const isLeftSurrogate = (left & 0xf800) === 0xd800;
    const isRightSurrogate = (right & 0xf800) === 0xd800;
    if (isLeftSurrogate !== isRightSurrogate) {
      if (isLeftSurrogate && right >= 0xe000) return 1;
      if (isRightSurrogate && left >= 0xe000) return -1;
    }
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}

function isPlain(segment: string): boolean {
  return (
    segment !== '' &&
    segment !== '.' &&
    segment !== '..' &&
    !/^~[%+=]|[\u0000-\u001f\u007f/]/.test(segment) &&
    // The cheap bound first: a UTF-16 unit is at most three bytes.
    (segment.length * 3 <= nameBytesMax || Buffer.byteLength(segment) <= nameBytesMax)
  );
}

function escapeSegment(segment: string, mark: string): string[] {
  const names: string[] = [];
  let piece = '';
  let sizeBytes = 0;
  for (const character of segment) {
    const text = escapeCharacter(character);
    const textBytes = Buffer.byteLength(text);
    if (sizeBytes + textBytes > nameBytesMax - mark.length) {
      names.push(continuedMark + piece);
      piece = '';
      sizeBytes = 0;
    }
    piece += text;
    sizeBytes += textBytes;
  }
  return [...names, mark + piece];
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  // A dot is escaped as well: `~%..` would be safe, but a reader should not have to think about it.
  const mustEscape = code < 0x20 || code === 0x7f || character === '%' || character === '.';
  return mustEscape ? `%${code.toString(16).toUpperCase().padStart(2, '0')}` : character;
}

function unescapeText(text: string): string | undefined {
  let isSound = true;
  const plain = text.replaceAll(/%([0-9A-F]{2})?/g, (_, hex: string | undefined) => {
    if (hex === undefined) isSound = false;
    return hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16));
  });
  return isSound && !plain.includes('/') ? plain : undefined;
}
