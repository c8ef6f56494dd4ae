/**
 * Between a workflow's JSON and an operation's own shapes: parameters are written in PascalCase whatever the model says,
 * and so are results; times become text, bytes become text, objects given for a text become JSON.
 */
import { Readable } from 'node:stream';
import type { Member } from '#gateway';
import { StateFailure, type Json, type JsonObject } from '#languages/asl/index';
import { dataBytesMax } from '../execution/datum.ts';

/** The first field that the operation does not know. */
export function findUnknownField(value: Json | undefined, member: Member | undefined): string | undefined {
  if (value === null || value === undefined || member === undefined || member.shape.isDocument) return undefined;
  const { shape } = member;
  if (shape.type === 'structure' && isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      const known = findMember(shape.members, key);
      const unknown = known === undefined ? key : findUnknownField(item, known);
      if (unknown !== undefined) return unknown;
    }
  } else if ((shape.type === 'list' && Array.isArray(value)) || (shape.type === 'map' && isObject(value))) {
    const inner = shape.type === 'list' ? shape.item : shape.value;
    for (const item of Object.values(value)) {
      const unknown = findUnknownField(item, inner);
      if (unknown !== undefined) return unknown;
    }
  }
  return undefined;
}

/** A workflow's parameters in the names and types of the model. @throws StateFailure States.Runtime for an unknown name */
export function toInput(value: Json, member: Member | undefined): unknown {
  if (value === null || member === undefined || member.shape.isDocument) return value ?? undefined;
  const { shape } = member;
  switch (shape.type) {
    case 'structure':
      return isObject(value) ? structureInput(value, member) : value;
    case 'list':
      return Array.isArray(value) ? value.map((item: Json) => toInput(item, shape.item)) : value;
    case 'map':
      if (!isObject(value)) return value;
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toInput(item, shape.value)]));
    case 'string':
      return typeof value === 'string' ? value : JSON.stringify(value);
    case 'blob':
      return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    default:
      return value;
  }
}

function structureInput(value: JsonObject, { shape }: Member): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const member = findMember(shape.members, key);
    if (member === undefined) {
      const cause = `The field "${key}" is not supported by Step Functions`;
      throw new StateFailure('States.Runtime', cause);
    }
    input[member.name] = toInput(item, member);
  }
  return input;
}

function findMember(members: ReadonlyMap<string, Member>, key: string): Member | undefined {
  const exact = members.get(key) ?? members.get(`${key.charAt(0).toLowerCase()}${key.slice(1)}`);
  if (exact !== undefined) return exact;
  for (const [name, member] of members) if (name.toLowerCase() === key.toLowerCase()) return member;
  return undefined;
}

export interface OutputStyle {
  readonly time: (time: Date) => Json;
}

/** SDK integrations show times as text, optimised ones as milliseconds. */
export const sdkStyle: OutputStyle = { time: (time) => time.toISOString() };
export const optimizedStyle: OutputStyle = { time: (time) => time.getTime() };

/** An operation's answer as a workflow sees it; members that are not set are left out. */
export async function toOutput(value: unknown, member: Member | undefined, style: OutputStyle): Promise<Json> {
  if (value === undefined || value === null) return null;
  if (value instanceof Date) return style.time(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof Readable) return await readText(value);
  if (Array.isArray(value)) {
    const item = member?.shape.type === 'list' ? member.shape.item : undefined;
    return await Promise.all(value.map((entry) => toOutput(entry, item, style)));
  }
  if (typeof value !== 'object') return value as Json;
  const { shape } = member ?? {};
  if (shape?.isDocument === true) return value as Json;
  const entries = Object.entries(value as Record<string, unknown>).filter(([, entry]) => entry !== undefined);
  const output: [string, Json][] = [];
  for (const [name, entry] of entries) {
    if (shape?.type === 'map') output.push([name, await toOutput(entry, shape.value, style)]);
    else output.push([pascal(name), await toOutput(entry, shape?.members.get(name), style)]);
  }
  return Object.fromEntries(output);
}

/** The first letter in upper case. */
export function pascal(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
    sizeBytes += bytes.length;
    if (sizeBytes > dataBytesMax) {
      stream.destroy();
      const cause = 'The task returned a result with a size exceeding the maximum number of bytes service limit.';
      throw new StateFailure('States.DataLimitExceeded', cause);
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
