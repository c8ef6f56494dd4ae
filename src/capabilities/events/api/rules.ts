import type { EventBridge, Target as WireTarget } from '@aws-sdk/client-eventbridge';
import type { HandlersOf } from '#gateway';
import { pageOf } from '#kernel/paging';
import { parseArn } from '#kernel/arn';
import { busAbsent, validation } from '../errors.ts';
import { ruleArn, type Rule, type Target } from '../rule.ts';
import type { Rules } from '../rules.ts';

const pageSizeMax = 100;

export function ruleOperations(rules: Rules): HandlersOf<EventBridge> {
  return {
    async PutRule(input, { scope }) {
      checkBus(input.EventBusName);
      if (input.State === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS') {
        throw validation(`State ${input.State} is not served. Use ENABLED.`);
      }
      const rule: Rule = {
        name: input.Name ?? '',
        state: input.State ?? 'ENABLED',
        ...(input.EventPattern !== undefined && input.EventPattern !== '' && { pattern: input.EventPattern }),
        ...(input.ScheduleExpression !== undefined &&
          input.ScheduleExpression !== '' && { schedule: input.ScheduleExpression }),
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.RoleArn !== undefined && { roleArn: input.RoleArn }),
      };
      await rules.putRule(scope, rule, tagsOf(input.Tags));
      return { RuleArn: ruleArn(scope, rule.name) };
    },
    DescribeRule(input, { scope, accountId }) {
      checkBus(input.EventBusName);
      return { ...wireRule(scope, rules.getRule(scope, input.Name ?? '')), CreatedBy: accountId };
    },
    ListRules(input, { scope }) {
      checkBus(input.EventBusName);
      const page = pageOf(rules.listRules(scope, input.NamePrefix), {
        token: input.NextToken,
        sizeMax: input.Limit ?? pageSizeMax,
        key: (rule) => [rule.name],
      });
      return {
        Rules: page.items.map((rule) => wireRule(scope, rule)),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
    async EnableRule(input, { scope }) {
      checkBus(input.EventBusName);
      await rules.setState(scope, input.Name ?? '', 'ENABLED');
      return {};
    },
    async DisableRule(input, { scope }) {
      checkBus(input.EventBusName);
      await rules.setState(scope, input.Name ?? '', 'DISABLED');
      return {};
    },
    async DeleteRule(input, { scope }) {
      checkBus(input.EventBusName);
      await rules.deleteRule(scope, input.Name ?? '');
      return {};
    },
    async PutTargets(input, { scope }) {
      checkBus(input.EventBusName);
      await rules.putTargets(scope, input.Rule ?? '', (input.Targets ?? []).map(targetOf));
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    async RemoveTargets(input, { scope }) {
      checkBus(input.EventBusName);
      const absent = await rules.removeTargets(scope, input.Rule ?? '', input.Ids ?? []);
      const failed = absent.map((id) => ({
        TargetId: id,
        ErrorCode: 'ResourceNotFoundException',
        ErrorMessage: `Rule ${input.Rule} has no target ${id}.`,
      }));
      return { FailedEntryCount: failed.length, FailedEntries: failed };
    },
    ListTargetsByRule(input, { scope }) {
      checkBus(input.EventBusName);
      const page = pageOf(rules.listTargets(scope, input.Rule ?? ''), {
        token: input.NextToken,
        sizeMax: input.Limit ?? pageSizeMax,
        key: (target) => [target.id],
      });
      return {
        Targets: page.items.map(wireTarget),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
    ListRuleNamesByTarget(input, { scope }) {
      checkBus(input.EventBusName);
      const page = pageOf(rules.listRuleNamesByTarget(scope, input.TargetArn ?? ''), {
        token: input.NextToken,
        sizeMax: input.Limit ?? pageSizeMax,
        key: (name) => [name],
      });
      return { RuleNames: page.items, ...(page.nextToken !== undefined && { NextToken: page.nextToken }) };
    },
    async TagResource(input, { scope }) {
      await rules.addTags(scope, ruleNameOf(input.ResourceARN), tagsOf(input.Tags));
      return {};
    },
    async UntagResource(input, { scope }) {
      await rules.removeTags(scope, ruleNameOf(input.ResourceARN), input.TagKeys ?? []);
      return {};
    },
    ListTagsForResource(input, { scope }) {
      const tags = Object.entries(rules.getTags(scope, ruleNameOf(input.ResourceARN)));
      return { Tags: tags.map(([Key, Value]) => ({ Key, Value })) };
    },
  };
}

/** @throws ResourceNotFoundException for any bus but the default one */
export function checkBus(name: string | undefined): void {
  const local = name?.startsWith('arn:') ? parseArn(name).resource.replace(/^event-bus\//, '') : name;
  if (local !== undefined && local !== 'default') throw busAbsent(local);
}

function ruleNameOf(arn: string | undefined): string {
  const name = /^rule\/(?:default\/)?([^/]+)$/.exec(parseArn(arn ?? '').resource)?.[1];
  if (name === undefined) throw validation(`'${arn}' is not the ARN of a rule; only rules have tags here.`);
  return name;
}

function tagsOf(tags: readonly { Key: string | undefined; Value: string | undefined }[] = []): Record<string, string> {
  return Object.fromEntries(tags.map((tag) => [tag.Key ?? '', tag.Value ?? '']));
}

function targetOf(input: WireTarget): Target {
  const { Id, Arn, RoleArn, Input, InputPath, InputTransformer, DeadLetterConfig, ...recorded } = input;
  if (DeadLetterConfig !== undefined) {
    throw validation(
      `Target ${Id} has a DeadLetterConfig, and there are no queues here to take dead letters. Leave it out.`,
    );
  }
  return {
    id: Id ?? '',
    arn: Arn ?? '',
    recorded,
    ...(RoleArn !== undefined && { roleArn: RoleArn }),
    ...(Input !== undefined && { input: Input }),
    ...(InputPath !== undefined && { inputPath: InputPath }),
    ...(InputTransformer !== undefined && {
      transformer: { paths: InputTransformer.InputPathsMap ?? {}, template: InputTransformer.InputTemplate ?? '' },
    }),
  };
}

function wireTarget(target: Target) {
  return {
    ...target.recorded,
    Id: target.id,
    Arn: target.arn,
    ...(target.roleArn !== undefined && { RoleArn: target.roleArn }),
    ...(target.input !== undefined && { Input: target.input }),
    ...(target.inputPath !== undefined && { InputPath: target.inputPath }),
    ...(target.transformer !== undefined && {
      InputTransformer: {
        InputPathsMap: { ...target.transformer.paths },
        InputTemplate: target.transformer.template,
      },
    }),
  };
}

function wireRule(scope: string, rule: Rule) {
  return {
    Name: rule.name,
    Arn: ruleArn(scope, rule.name),
    State: rule.state,
    EventBusName: 'default',
    ...(rule.pattern !== undefined && { EventPattern: rule.pattern }),
    ...(rule.schedule !== undefined && { ScheduleExpression: rule.schedule }),
    ...(rule.description !== undefined && { Description: rule.description }),
    ...(rule.roleArn !== undefined && { RoleArn: rule.roleArn }),
  };
}
