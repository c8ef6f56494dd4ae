import type { Action, Glue, Predicate, Trigger as WireTrigger, TriggerUpdate } from '@aws-sdk/client-glue';
import type { GlueTags } from '#catalog';
import type { HandlersOf } from '#gateway';
import { pageOf } from '#kernel/paging';
import { invalidInput } from '../errors.ts';
import { triggerArn, type Trigger, type TriggerDefinition, type TriggerPredicate } from '../flow/trigger.ts';
import type { Triggers } from '../flow/triggers.ts';

export function triggerOperations(triggers: Triggers, tags: GlueTags): HandlersOf<Glue> {
  const page = (scope: string, job: string | undefined, token: string | undefined, limit: number | undefined) => {
    const found = triggers.listTriggers(scope, job);
    return pageOf(found, { token, sizeMax: limit ?? 200, key: (trigger) => [trigger.name] });
  };
  return {
    async CreateTrigger(input, { scope }) {
      const trigger = {
        name: input.Name ?? '',
        type: input.Type ?? 'ON_DEMAND',
        actions: [],
        ...definitionOf(input),
        ...(input.WorkflowName !== undefined && { workflowName: input.WorkflowName }),
      };
      const options = { startOnCreation: input.StartOnCreation ?? false, tags: input.Tags ?? {} };
      await triggers.createTrigger(scope, trigger, options);
      return { Name: trigger.name };
    },
    async UpdateTrigger(input, { scope }) {
      const change = definitionOf(input.TriggerUpdate ?? {});
      return { Trigger: wireTrigger(await triggers.updateTrigger(scope, input.Name ?? '', change)) };
    },
    GetTrigger(input, { scope }) {
      return { Trigger: wireTrigger(triggers.getTrigger(scope, input.Name ?? '')) };
    },
    GetTriggers(input, { scope }) {
      const { items, nextToken } = page(scope, input.DependentJobName, input.NextToken, input.MaxResults);
      return { Triggers: items.map(wireTrigger), ...(nextToken !== undefined && { NextToken: nextToken }) };
    },
    ListTriggers(input, { scope }) {
      const wanted = Object.entries(input.Tags ?? {});
      const { items, nextToken } = page(scope, input.DependentJobName, input.NextToken, input.MaxResults);
      const names = items
        .map((trigger) => trigger.name)
        .filter((name) => {
          const own = wanted.length === 0 ? {} : tags.list(scope, triggerArn(scope, name));
          return wanted.every(([key, value]) => own[key] === value);
        });
      return { TriggerNames: names, ...(nextToken !== undefined && { NextToken: nextToken }) };
    },
    BatchGetTriggers(input, { scope }) {
      const found = (input.TriggerNames ?? []).map((name) => [name, triggers.findTrigger(scope, name)] as const);
      return {
        Triggers: found.flatMap(([, trigger]) => (trigger === undefined ? [] : [wireTrigger(trigger)])),
        TriggersNotFound: found.filter(([, trigger]) => trigger === undefined).map(([name]) => name),
      };
    },
    async DeleteTrigger(input, { scope }) {
      await triggers.deleteTrigger(scope, input.Name ?? '');
      return { Name: input.Name };
    },
    async StartTrigger(input, { scope }) {
      await triggers.startTrigger(scope, input.Name ?? '');
      return { Name: input.Name };
    },
    async StopTrigger(input, { scope }) {
      await triggers.stopTrigger(scope, input.Name ?? '');
      return { Name: input.Name };
    },
  };
}

function definitionOf(input: TriggerUpdate): Partial<TriggerDefinition> {
  const { Description, Schedule, Predicate: predicate, EventBatchingCondition: batch } = input;
  return {
    ...(input.Actions !== undefined && { actions: input.Actions.map(actionOf) }),
    ...(Description !== undefined && { description: Description }),
    ...(Schedule !== undefined && Schedule !== '' && { schedule: Schedule }),
    ...(predicate !== undefined && { predicate: predicateOf(predicate) }),
    ...(batch !== undefined && { batch: { size: batch.BatchSize ?? 1, windowSeconds: batch.BatchWindow ?? 900 } }),
  };
}

function actionOf(action: Action): TriggerDefinition['actions'][number] {
  const { JobName, CrawlerName, Arguments, Timeout, ...recorded } = action;
  return {
    ...(JobName !== undefined && { jobName: JobName }),
    ...(CrawlerName !== undefined && { crawlerName: CrawlerName }),
    ...(Arguments !== undefined && { arguments: Arguments }),
    ...(Timeout !== undefined && { timeoutMinutes: Timeout }),
    recorded,
  };
}

function predicateOf(predicate: Predicate): TriggerPredicate {
  return {
    logical: predicate.Logical ?? 'AND',
    conditions: (predicate.Conditions ?? []).map((condition) => {
      if (condition.JobName !== undefined)
        return { kind: 'job', name: condition.JobName, state: condition.State ?? '' };
      if (condition.CrawlerName !== undefined) {
        return { kind: 'crawler', name: condition.CrawlerName, state: condition.CrawlState ?? '' };
      }
      throw invalidInput('Each condition of a Predicate names either a JobName or a CrawlerName.');
    }),
  };
}

export function wireTrigger(trigger: Trigger): WireTrigger {
  return {
    Name: trigger.name,
    Type: trigger.type,
    State: trigger.state,
    Actions: trigger.actions.map((action) => ({
      ...action.recorded,
      ...(action.jobName !== undefined && { JobName: action.jobName }),
      ...(action.crawlerName !== undefined && { CrawlerName: action.crawlerName }),
      ...(action.arguments !== undefined && { Arguments: { ...action.arguments } }),
      ...(action.timeoutMinutes !== undefined && { Timeout: action.timeoutMinutes }),
    })),
    ...(trigger.workflowName !== undefined && { WorkflowName: trigger.workflowName }),
    ...(trigger.description !== undefined && { Description: trigger.description }),
    ...(trigger.schedule !== undefined && { Schedule: trigger.schedule }),
    ...(trigger.predicate !== undefined && { Predicate: wirePredicate(trigger.predicate) }),
    ...(trigger.batch !== undefined && {
      EventBatchingCondition: { BatchSize: trigger.batch.size, BatchWindow: trigger.batch.windowSeconds },
    }),
  };
}

function wirePredicate(predicate: TriggerPredicate): Predicate {
  return {
    Logical: predicate.logical,
    Conditions: predicate.conditions.map(({ kind, name, state }) =>
      kind === 'job'
        ? { LogicalOperator: 'EQUALS', JobName: name, State: state as 'SUCCEEDED' }
        : { LogicalOperator: 'EQUALS', CrawlerName: name, CrawlState: state as 'SUCCEEDED' },
    ),
  };
}
