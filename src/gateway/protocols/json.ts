/** JSON text of bodies, and how blobs and times look in it. */
import { unreadable } from '../errors.ts';
import { epochSeconds, formatTimestamp, parseTimestamp } from '../model/timestamps.ts';
import { TreeCodec, isRecord, readBase64 } from './tree.ts';

// Limit: JSON may be nested 500 deep.
const depthMax = 500;

export function createJsonCodec(): TreeCodec {
  return new TreeCodec({
    names: 'wire',
    readBlob: readBase64,
    writeBlob: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
    readTimestamp: parseTimestamp,
    writeTimestamp: (value, format) =>
      format === 'unixTimestamp' ? epochSeconds(value) : formatTimestamp(value, format),
    writeFloat: (value) => (Number.isFinite(value) ? value : String(value)),
  });
}

/** A JSON object; an empty body is an empty one. */
export function parseJsonObject(body: Buffer): Record<string, unknown> {
  const value = parseJson(body);
  if (!isRecord(value)) throw unreadable('The body must be a JSON object.');
  return value;
}

/** @throws SerializationException when the body is no JSON or is nested too deeply */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  if (body.length > depthMax) refuseDeep(body);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw unreadable('The body is not valid JSON.');
  }
}

function refuseDeep(body: Buffer): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (inString) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    if (depth > depthMax) throw unreadable(`The body is nested more than ${depthMax} deep.`);
  }
}
