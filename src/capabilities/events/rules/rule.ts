/** Rules: which events of a bus, or which times, lead to targets. */
import { formatArn, parseArn } from '#kernel/arn';
import { messageOf } from '#kernel/errors';
import { parseSchedule } from '#kernel/schedule';
import { compileEventPattern } from '#languages/event-pattern/event-pattern';
import { defaultBus } from '../buses/bus.ts';
import { validation } from '../errors.ts';

export type RuleState = 'ENABLED' | 'DISABLED';

export interface Rule {
  readonly bus: string;
  readonly name: string;
  readonly state: RuleState;
  /** JSON text of the event pattern. */
  readonly pattern?: string;
  readonly schedule?: string;
  readonly description?: string;
  readonly roleArn?: string;
  /** What a rate counts from: when the rule got its schedule. */
  readonly scheduledSinceMs?: number;
}

/** Names a rule of an account and region. */
export interface RuleName {
  readonly bus: string;
  readonly name: string;
}

export function ruleArn(scope: string, { bus, name }: RuleName): string {
  const [accountId = '', region = ''] = scope.split('/');
  const resource = bus === defaultBus ? `rule/${name}` : `rule/${bus}/${name}`;
  return formatArn({ service: 'events', region, accountId, resource });
}

/** Undefined when the ARN is not that of a rule. @throws ValidationException when it is no ARN */
export function findRuleName(arn: string): RuleName | undefined {
  const match = /^rule\/(?:([^/]+)\/)?([^/]+)$/.exec(parseArn(arn).resource);
  return match?.[2] === undefined ? undefined : { bus: match[1] ?? defaultBus, name: match[2] };
}

/** @throws ValidationException or InvalidEventPatternException */
export function checkRule(rule: Rule): void {
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(rule.name)) {
    throw validation(`'${rule.name}' is not a rule name: use 1 to 64 letters, digits and the characters . - _`);
  }
  if (rule.pattern === undefined && rule.schedule === undefined) {
    throw validation('Parameter(s) EventPattern or ScheduleExpression must be specified.');
  }
  if (rule.pattern !== undefined) compileEventPattern(rule.pattern);
  if (rule.schedule === undefined) return;
  if (rule.bus !== defaultBus) throw validation('ScheduleExpression is supported only on the default event bus.');
  if (rule.schedule.trimStart().startsWith('at(')) {
    throw validation(
      `Parameter ScheduleExpression is not valid: ${rule.schedule} is a single time; a rule takes rate(…) or cron(…).`,
    );
  }
  try {
    parseSchedule(rule.schedule);
  } catch (error) {
    throw validation(`Parameter ScheduleExpression is not valid. Reason: ${messageOf(error)}`);
  }
}
