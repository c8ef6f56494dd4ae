/** JSON that callers hand over as text, and what AWS says when it is none. */
import { JsonSyntaxError, JsonTooDeep, parseJsonText } from '#languages/asl/index';
import type { PlatformError } from '#kernel/errors';

// Limit: an input or output has at most 256 KiB of UTF-8.
const bytesMax = 262_144;
const bracketsMax = 400;

/**
 * @param refuse makes the service's error out of the reason
 * @throws what `refuse` makes
 */
export function checkJson(text: string, refuse: (reason: string) => PlatformError): void {
  if (Buffer.byteLength(text) > bytesMax) {
    throw refuse(`The text has more than ${bytesMax} bytes of UTF-8.`);
  }
  if (text.trim() === '') throw refuse('Invalid execution input.');
  try {
    JSON.parse(text);
  } catch {
    throw refuse(reasonOf(text) ?? 'The text is no JSON.');
  }
  const reason = mayBeDeep(text) ? reasonOf(text) : undefined;
  if (reason !== undefined) throw refuse(reason);
}

/** Only a text with many brackets is worth the slower parser, which bounds the depth. */
function mayBeDeep(text: string): boolean {
  let count = 0;
  for (let at = text.search(/[[{]/); at >= 0 && at < text.length && count <= bracketsMax; at++) {
    if (text[at] === '[' || text[at] === '{') count++;
  }
  return count > bracketsMax;
}

/** Why a text is refused, in the words of the parser that AWS runs, without the place. */
function reasonOf(text: string): string | undefined {
  try {
    parseJsonText(text);
  } catch (error) {
    if (error instanceof JsonSyntaxError || error instanceof JsonTooDeep) return error.message.split('\n')[0] ?? '';
    throw error;
  }
  return undefined;
}
