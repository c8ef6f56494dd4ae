/** Rules and their targets. */
import { findArn, formatArn, type Arn } from '#kernel/arn';
import { parseSchedule } from '#kernel/schedule';
import { compileEventPattern } from './event-pattern.ts';
import { validation } from './errors.ts';

export type RuleState = 'ENABLED' | 'DISABLED';

export interface Rule {
  readonly name: string;
  readonly state: RuleState;
  /** JSON text of the event pattern. */
  readonly pattern?: string;
  readonly schedule?: string;
  readonly description?: string;
  readonly roleArn?: string;
}

export interface Target {
  readonly id: string;
  readonly arn: string;
  readonly roleArn?: string;
  /** JSON text that is sent instead of the event. */
  readonly input?: string;
  readonly inputPath?: string;
  readonly transformer?: { readonly paths: Readonly<Record<string, string>>; readonly template: string };
  /** Members that are kept and given back under their AWS names. */
  readonly recorded: Readonly<Record<string, unknown>>;
}

/** Where a target leads. */
export type Destination =
  | { readonly kind: 'log-group'; readonly scope: string; readonly group: string }
  | { readonly kind: 'workflow'; readonly scope: string; readonly workflow: string };

export function ruleArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'events', region, accountId, resource: `rule/${name}` });
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
  if (rule.schedule !== undefined) {
    if (rule.schedule.trimStart().startsWith('at(')) {
      throw validation(`'${rule.schedule}' is a single time; a rule takes rate(…) or cron(…).`);
    }
    parseSchedule(rule.schedule);
  }
}

/**
 * @throws ValidationException naming the kind when nothing here takes events at this ARN
 */
export function destinationOf(target: Pick<Target, 'arn'>): Destination {
  const arn = findArn(target.arn);
  const scope = `${arn?.accountId}/${arn?.region}`;
  const group = arn?.service === 'logs' ? /^log-group:([^:]+)(?::\*)?$/.exec(arn.resource)?.[1] : undefined;
  if (group !== undefined) return { kind: 'log-group', scope, group };
  const workflow = arn?.service === 'glue' ? /^workflow\/(.+)$/.exec(arn.resource)?.[1] : undefined;
  if (workflow !== undefined) return { kind: 'workflow', scope, workflow };
  throw validation(
    `Target ${target.arn} is of the kind '${kindOf(arn)}', which is not served. Targets are CloudWatch log groups and Glue workflows.`,
  );
}

function kindOf(arn: Arn | undefined): string {
  return arn === undefined ? 'no ARN' : `${arn.service} ${arn.resource.split(/[:/]/)[0]}`;
}
