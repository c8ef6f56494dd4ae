/** What one field may hold. */
import type { Json, QueryLanguage } from '../machine.ts';

export interface FieldRule {
  /** The only query language that has the field; absent: both. */
  readonly only?: QueryLanguage;
  /** Answers what is wrong, undefined when nothing is. */
  readonly check: Check;
  readonly isRequired?: true;
}

export type Check = (value: Json, place: Place) => void;

/** Where a value stands, and how to say that it is wrong. */
export interface Place {
  readonly queryLanguage: QueryLanguage;
  readonly location: string;
  readonly report: (message: string, location?: string) => void;
}

export function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const anything: Check = () => {};

export const text: Check = (value, { report }) => {
  if (typeof value !== 'string') report('Expected value of type String');
};

export const nonEmptyText: Check = (value, { report }) => {
  if (typeof value !== 'string') report('Expected value of type String');
  else if (value === '') report('Value must not be empty');
};

export const boolean: Check = (value, { report }) => {
  if (typeof value !== 'boolean') report('Expected value of type Boolean');
};

export const object: Check = (value, { report }) => {
  if (!isObject(value)) report('Expected value of type Object');
};

/** A whole number between two bounds. */
export function integer(least: number, most: number): Check {
  return (value, { report }) => {
    if (!Number.isInteger(value)) report('Expected value of type Integer');
    else if ((value as number) < least) report(`Value must be greater than or equal to ${least}`);
    else if ((value as number) > most) report(`Value must be less than or equal to ${most}`);
  };
}

export function number(least: number, most = Infinity): Check {
  const bounds = most === Infinity ? `greater than or equal to ${least}` : `between ${least} and ${most}`;
  return (value, { report }) => {
    if (typeof value !== 'number') report('Expected value of type Number');
    else if (value < least || value > most) report(`Value must be ${bounds}`);
  };
}

export function oneOf(...values: readonly string[]): Check {
  return (value, { report }) => {
    if (typeof value !== 'string' || !values.includes(value)) report(`Value must be one of: [${values.join(', ')}]`);
  };
}
