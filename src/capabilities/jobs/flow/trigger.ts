/** Triggers: what starts jobs and crawlers, and when. */
import { formatArn } from '#kernel/arn';
import { parseSchedule } from '#kernel/schedule';
import { invalidInput } from '../errors.ts';
import { checkArguments, checkName, type Arguments } from '../job.ts';

export type TriggerType = 'ON_DEMAND' | 'SCHEDULED' | 'CONDITIONAL' | 'EVENT';

/** An ON_DEMAND trigger stays CREATED: starting it fires it. */
export type TriggerState = 'CREATED' | 'ACTIVATED' | 'DEACTIVATED';

export interface TriggerAction {
  readonly jobName?: string;
  readonly crawlerName?: string;
  readonly arguments?: Arguments;
  readonly timeoutMinutes?: number;
  /** Members that are kept and given back under their AWS names. */
  readonly recorded: Readonly<Record<string, unknown>>;
}

export interface TriggerCondition {
  readonly kind: 'job' | 'crawler';
  readonly name: string;
  /** State of the job run or of the crawl that is waited for. */
  readonly state: string;
}

export interface TriggerPredicate {
  readonly logical: 'AND' | 'ANY';
  readonly conditions: readonly TriggerCondition[];
}

export interface TriggerDefinition {
  readonly actions: readonly TriggerAction[];
  readonly description?: string;
  readonly schedule?: string;
  readonly predicate?: TriggerPredicate;
  /** How many events start the workflow, or how long after the first one it starts anyway. */
  readonly batch?: { readonly size: number; readonly windowSeconds: number };
}

export interface Trigger extends TriggerDefinition {
  readonly name: string;
  readonly type: TriggerType;
  readonly state: TriggerState;
  readonly workflowName?: string;
}

const jobStates: readonly string[] = ['SUCCEEDED', 'STOPPED', 'FAILED', 'TIMEOUT'];
const crawlStates: readonly string[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];
// Limit: a trigger has at most 10 actions and 20 conditions; a batch at most 100 events and 900 seconds.
const actionsMax = 10;
const conditionsMax = 20;

export function triggerArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'glue', region, accountId, resource: `trigger/${name}` });
}

/** Whether a run of a workflow can begin with this trigger. */
export function isStart(trigger: Trigger): boolean {
  return trigger.type !== 'CONDITIONAL';
}

/** @throws InvalidInputException naming the member */
export function checkTrigger(trigger: Trigger): void {
  checkName('Trigger', trigger.name);
  if (trigger.actions.length === 0 || trigger.actions.length > actionsMax) {
    throw invalidInput(`Trigger ${trigger.name} has ${trigger.actions.length} actions; give it 1 to ${actionsMax}.`);
  }
  for (const action of trigger.actions) checkAction(trigger.name, action);
  if (trigger.type === 'SCHEDULED') {
    if (trigger.schedule === undefined)
      throw invalidInput(`Trigger ${trigger.name} is SCHEDULED and needs a Schedule.`);
    parseSchedule(trigger.schedule, { code: 'InvalidInputException' });
  } else if (trigger.schedule !== undefined) {
    throw invalidInput(`Trigger ${trigger.name} is ${trigger.type}; only a SCHEDULED one takes a Schedule.`);
  }
  if (trigger.type === 'CONDITIONAL') checkPredicate(trigger.name, trigger.predicate);
  if (trigger.type === 'EVENT' && trigger.workflowName === undefined) {
    throw invalidInput(`Trigger ${trigger.name} is of type EVENT, which only a workflow has. Give it a WorkflowName.`);
  }
}

/** Whether what has happened is enough to fire. @param happened indexes of conditions that came true */
export function isSatisfied(predicate: TriggerPredicate, happened: ReadonlySet<number>): boolean {
  if (predicate.logical === 'ANY') return happened.size > 0;
  return predicate.conditions.every((_condition, index) => happened.has(index));
}

function checkAction(trigger: string, action: TriggerAction): void {
  if ((action.jobName === undefined) === (action.crawlerName === undefined)) {
    throw invalidInput(`Each action of trigger ${trigger} names either a JobName or a CrawlerName.`);
  }
  checkArguments(action.arguments ?? {});
}

function checkPredicate(trigger: string, predicate: TriggerPredicate | undefined): void {
  const conditions = predicate?.conditions ?? [];
  if (conditions.length === 0 || conditions.length > conditionsMax) {
    throw invalidInput(`Trigger ${trigger} is CONDITIONAL and needs a Predicate of 1 to ${conditionsMax} conditions.`);
  }
  for (const condition of conditions) {
    const known = condition.kind === 'job' ? jobStates : crawlStates;
    if (known.includes(condition.state)) continue;
    throw invalidInput(
      `Trigger ${trigger} cannot wait for ${condition.kind} ${condition.name} to be '${condition.state}'. States: ${known.join(', ')}.`,
    );
  }
}
