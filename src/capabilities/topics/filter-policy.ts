/** Which messages a subscription wants: "Amazon SNS subscription filter policies" of the developer guide. */
import { compilePattern, type EventTest } from '#languages/event-pattern/event-pattern';
import { PatternError } from '#languages/event-pattern/errors';
import { badParameter, filterTooLarge } from './errors.ts';
import type { MessageAttributes } from './publication.ts';

export type FilterScope = 'MessageAttributes' | 'MessageBody';

export interface FilteredMessage {
  readonly body: string;
  readonly attributes: MessageAttributes;
}

export type MessageTest = (message: FilteredMessage) => boolean;

// Limit: a filter policy has at most 256 KiB, 5 keys, 10 levels and 150 combinations of values.
const policyBytesMax = 262_144;
const keysMax = 5;
const levelsMax = 10;
const combinationsMax = 150;

/** @throws InvalidParameter or FilterPolicyLimitExceeded saying what is wrong */
export function compileFilterPolicy(text: string, scope: FilterScope): MessageTest {
  const policy = parseObject(text);
  if (policy === undefined || Buffer.byteLength(text) > policyBytesMax)
    throw badParameter('FilterPolicy: failed to parse JSON.');
  // An empty policy filters nothing.
  if (Object.keys(policy).length === 0) return () => true;
  checkExtent(policy, scope);
  let test: EventTest;
  try {
    test = compilePattern(policy);
  } catch (error) {
    if (error instanceof PatternError) throw badParameter(`FilterPolicy: ${error.reason}`);
    throw error;
  }
  if (scope === 'MessageAttributes') return ({ attributes }) => test(valuesOf(attributes));
  return ({ body }) => {
    const value = parseObject(body);
    return value !== undefined && test(value);
  };
}

function checkExtent(policy: Record<string, unknown>, scope: FilterScope): void {
  const leaves: unknown[][] = [];
  let keys = 0;
  const walk = (node: Record<string, unknown>, level: number): void => {
    if (level > levelsMax) throw badParameter(`FilterPolicy: it nests more than ${levelsMax} levels`);
    for (const [key, value] of Object.entries(node)) {
      if (key === '$or' && Array.isArray(value) && value.every(isObject)) {
        for (const branch of value) walk(branch, level + 1);
        continue;
      }
      if (Array.isArray(value)) {
        keys += 1;
        leaves.push(value);
      } else if (isObject(value) && scope === 'MessageAttributes') {
        throw badParameter('FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy');
      } else if (isObject(value)) walk(value, level + 1);
      else throw badParameter(`FilterPolicy: "${key}" must be an object or an array`);
    }
  };
  walk(policy, 1);
  if (keys > keysMax) throw filterTooLarge(`Filter policy can not have more than ${keysMax} keys`);
  const combinations = leaves.reduce((product, values) => product * Math.max(values.length, 1), 1);
  if (combinations > combinationsMax) throw badParameter('FilterPolicy: Filter policy is too complex');
}

/** Attributes as the values that patterns compare; bytes cannot be compared. */
function valuesOf(attributes: MessageAttributes): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, { dataType, value }] of Object.entries(attributes)) {
    if (dataType.startsWith('Number')) values[name] = Number(value);
    else if (dataType === 'String.Array') values[name] = JSON.parse(value) as unknown;
    else if (dataType.startsWith('String')) values[name] = value;
  }
  return values;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
