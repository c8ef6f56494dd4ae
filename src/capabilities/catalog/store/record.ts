/** Plain data as JSON text in which times and bytes survive: `{"$date": ms}` and `{"$bytes": [base64]}`. */

export function encodeRecord(value: object): string {
  return JSON.stringify(value, function replace(this: Record<string, unknown>, key: string, encoded: unknown): unknown {
    // Date.toJSON has run before this sees the value; the original is still in the holder.
    const original = this[key];
    if (original instanceof Date) return { $date: original.getTime() };
    if (original instanceof Uint8Array) return { $bytes: [Buffer.from(original).toString('base64')] };
    return encoded;
  });
}

export function decodeRecord(text: string): unknown {
  if (!text.includes('{"$')) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) => revive(value));
}

function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { $date: time, $bytes: bytes } = value as { $date?: unknown; $bytes?: unknown };
  if (typeof time === 'number') return new Date(time);
  if (Array.isArray(bytes)) return new Uint8Array(Buffer.from(String(bytes[0]), 'base64'));
  return value;
}
