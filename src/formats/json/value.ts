/** JSON values with numbers that lose nothing: one that a double would change is kept as its text. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | JsonNumber
  | JsonValue[]
  | { readonly [key: string]: JsonValue };

type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;

/**
 * @param keepAll keeps every number's text, so that `6.0` is known as a double
 * @throws SyntaxError
 */
export function parseJson(text: string, keepAll = false): JsonValue {
  if (!keepAll && !/\d{16}/.test(text)) return JSON.parse(text) as JsonValue;
  const reviver: Reviver = (_key, value, { source = '' }) =>
    typeof value === 'number' && (keepAll || source.length > 15) ? new JsonNumber(source) : value;
  return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]) as JsonValue;
}

/** The value as JSON text, numbers as they were written. */
export function jsonTextOf(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(jsonTextOf).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${JSON.stringify(key)}:${jsonTextOf(member)}`)
    .join(',')}}`;
}
