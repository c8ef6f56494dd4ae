/** Log groups: their names, classes, retention and identifiers. */
import { findArn, formatArn } from '#kernel/arn';
import { invalidParameter } from './errors.ts';

export type LogGroupClass = 'STANDARD' | 'INFREQUENT_ACCESS' | 'DELIVERY';

export interface LogGroup {
  readonly id: number;
  /** `account/region` */
  readonly scope: string;
  readonly name: string;
  readonly createdMs: number;
  readonly class: LogGroupClass;
  readonly deletionProtected: boolean;
  readonly storedBytes: number;
  /** Undefined: events are kept for ever. */
  readonly retentionDays?: number;
  readonly kmsKeyId?: string;
  readonly tags: Readonly<Record<string, string>>;
}

export interface LogStream {
  readonly id: number;
  readonly name: string;
  readonly createdMs: number;
  readonly firstEventMs?: number;
  readonly lastEventMs?: number;
  readonly lastIngestionMs?: number;
}

export const dayMs = 86_400_000;

/** The retentions that PutRetentionPolicy takes, in days. */
export const retentionChoicesDays: readonly number[] = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

/** @throws InvalidParameterException when the name is not 1 to 512 of the characters that AWS allows */
export function checkGroupName(name: string): string {
  if (/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) return name;
  throw invalidParameter(
    `'${name.slice(0, 80)}' is not a log group name: use 1 to 512 letters, digits and the characters . - _ / #`,
  );
}

/** @throws InvalidParameterException when the name holds `:` or `*`, or is not 1 to 512 characters */
export function checkStreamName(name: string): string {
  if (/^[^:*]{1,512}$/s.test(name)) return name;
  throw invalidParameter(
    `'${name.slice(0, 80)}' is not a log stream name: use 1 to 512 characters, without colon and asterisk.`,
  );
}

export function checkRetentionDays(days: number): number {
  if (retentionChoicesDays.includes(days)) return days;
  throw invalidParameter(
    `${days} is not a retention that CloudWatch Logs knows. Choose one of ${retentionChoicesDays.join(', ')} days.`,
  );
}

/** The ARN without the `:*` that stands for all streams. */
export function groupArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'logs', region, accountId, resource: `log-group:${name}` });
}

export function streamArn(scope: string, group: string, stream: string): string {
  return `${groupArn(scope, group)}:log-stream:${stream}`;
}

/** The group's name out of a name or an ARN (with or without `:*`). */
export function groupNameOf(identifier: string): string {
  const resource = findArn(identifier)?.resource;
  if (resource === undefined) return identifier;
  const match = /^log-group:([^:]+)(?::\*)?$/.exec(resource);
  if (!match) throw invalidParameter(`'${identifier}' is not the ARN of a log group.`);
  return match[1] ?? '';
}
