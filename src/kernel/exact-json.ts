/**
 * JSON whose long whole numbers keep their digits: identifiers of 64 bits and nanoseconds go beyond what a number of
 * JavaScript holds. Such a number is read as a raw JSON value (ECMA-262 `JSON.rawJSON`), which `JSON.stringify` writes
 * as it came.
 */

/** Numbers of fewer digits are exact, and JSON without a long run of digits takes the short way. */
const longNumber = /\d{16}/;

/** What the type library does not know yet. */
interface RawJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}

const json = JSON as unknown as RawJson;

/** @throws SyntaxError */
export function parseExactJson(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text);
  try {
    return json.parse(text, (_key, value, { source = '' }) => {
      const isInexact = Number.isInteger(value) && !Number.isSafeInteger(value) && /^-?\d+$/.test(source);
      return isInexact ? json.rawJSON(source) : value;
    });
  } catch (error) {
    // Thousands of levels are more than the long way has room for.
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

/** How many objects and arrays lie in each other, told without recursion; the text need not be sound. */
export function levelsOf(text: string): number {
  let [levels, deepest, isInText] = [0, 0, false];
  for (let at = 0; at < text.length; at++) {
    const mark = text[at];
    if (mark === '"') isInText = !isInText;
    else if (isInText) at += mark === '\\' ? 1 : 0;
    else if (mark === '{' || mark === '[') deepest = Math.max(deepest, ++levels);
    else if (mark === '}' || mark === ']') levels--;
  }
  return deepest;
}

/** A long number as the nearest one that can be compared; any other value as it is. */
export function comparable(value: unknown): unknown {
  return json.isRawJSON(value) ? Number(value.rawJSON) : value;
}

export function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
