/** What an intrinsic function is, and how it reads its arguments. */
import type { Json, JsonObject, Scope } from '../machine.ts';

export interface Intrinsic {
  /** Least and most arguments. */
  readonly counts: readonly [number, number];
  /** The first argument keeps its backslashes when it is written as a literal. */
  readonly takesRawText?: boolean;
  /** @throws InvalidArguments */
  apply(values: readonly Json[], scope: Scope): Json;
}

/** Arguments that a function does not take. */
export class InvalidArguments extends Error {
  override readonly name = 'InvalidArguments';
}

export function listOf(value: Json | undefined, name: string): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw new InvalidArguments(`Invalid arguments in ${name}: the first argument must be an array`);
}

/** Rounded to the nearest whole number, as AWS does with the arguments of its numeric functions. */
export function integerOf(value: Json | undefined, name: string): number {
  if (typeof value !== 'number') throw new InvalidArguments(`Invalid arguments in ${name}: a number is expected`);
  return Math.round(value);
}

export function textOf(value: Json | undefined, name: string): string {
  if (typeof value === 'string') return value;
  throw new InvalidArguments(`Invalid arguments in ${name}: a string is expected`);
}

export function objectOf(value: Json | undefined, name: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new InvalidArguments(`Invalid arguments in ${name}: a JSON object is expected`);
}
