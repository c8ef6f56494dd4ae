/** Names of state machines, executions and activities, and the ARNs made of them. */
import { findArn, formatArn } from '#kernel/arn';
import { invalidArn, invalidName } from '../errors.ts';

// Limit: a name has at most 80 characters and none of those that AWS keeps for itself.
const nameMax = 80;
const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001F\u007F-\u009F\uFFFE\uFFFF\uD800-\uDFFF]/u;

/** @throws InvalidName */
export function checkName(name: string): string {
  if (name.length < 1 || name.length > nameMax || forbidden.test(name)) throw invalidName(name);
  return name;
}

export function statesArn(scope: string, resource: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'states', region, accountId, resource });
}

export const machineArn = (scope: string, name: string): string => statesArn(scope, `stateMachine:${name}`);
export const activityArn = (scope: string, name: string): string => statesArn(scope, `activity:${name}`);

export interface StatesArn {
  /** `account/region` */
  readonly scope: string;
  readonly kind: string;
  /** What follows the kind, cut at colons. */
  readonly parts: readonly string[];
}

/**
 * @param kinds what the ARN may name: `stateMachine`, `activity`, `execution`, `express`, `mapRun`
 * @throws InvalidArn
 */
export function parseStatesArn(text: string, ...kinds: readonly string[]): StatesArn {
  if (!text.startsWith('arn:')) throw invalidArn(`Invalid ARN prefix: ${text}`);
  const arn = findArn(text);
  if (arn === undefined) throw invalidArn(`Invalid ARN: ${text}`);
  if (arn.service !== 'states') throw invalidArn(`Invalid ARN service: ${arn.service}`);
  const [kind = '', ...parts] = arn.resource.split(':');
  if (!kinds.includes(kind)) throw invalidArn(`Resource type not valid in this context: ${kind}`);
  if (parts.length === 0 || parts.some((part) => part === '')) throw invalidArn(`Invalid ARN: ${text}`);
  return { scope: `${arn.accountId}/${arn.region}`, kind, parts };
}
