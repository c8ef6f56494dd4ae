import type { EventBridge } from '@aws-sdk/client-eventbridge';
import type { HandlersOf } from '#gateway';
import { busAddress } from '../buses/bus.ts';
import { validation } from '../errors.ts';
import { ruleArn, type Rule, type RuleName } from '../rules/rule.ts';
import type { Rules } from '../rules/rules.ts';
import { tagsOf } from '../tags.ts';
import { pageFor } from './page.ts';

export function ruleOperations(rules: Rules): HandlersOf<EventBridge> {
  return {
    async PutRule(input, context) {
      const { scope, bus } = busAddress(input.EventBusName, context.scope);
      if (input.State === 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS') {
        throw validation(`State ${input.State} is not served. Use ENABLED.`);
      }
      const rule: Rule = {
        bus,
        name: input.Name ?? '',
        state: input.State ?? 'ENABLED',
        ...(input.EventPattern !== undefined && input.EventPattern !== '' && { pattern: input.EventPattern }),
        ...(input.ScheduleExpression !== undefined &&
          input.ScheduleExpression !== '' && { schedule: input.ScheduleExpression }),
        ...(input.Description !== undefined && { description: input.Description }),
        ...(input.RoleArn !== undefined && { roleArn: input.RoleArn }),
      };
      await rules.putRule(scope, rule, tagsOf(input.Tags));
      return { RuleArn: ruleArn(scope, rule) };
    },
    DescribeRule(input, { scope, accountId }) {
      const name = nameOf(input, scope);
      return { ...wireRule(name.scope, rules.getRule(name.scope, name)), CreatedBy: accountId };
    },
    ListRules(input, { scope }) {
      const address = busAddress(input.EventBusName, scope);
      const page = pageFor(rules.listRules(address, input.NamePrefix), input, (rule) => [rule.name]);
      return {
        Rules: page.items.map((rule) => wireRule(address.scope, rule)),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
    async EnableRule(input, { scope }) {
      const name = nameOf(input, scope);
      await rules.setState(name.scope, name, 'ENABLED');
      return {};
    },
    async DisableRule(input, { scope }) {
      const name = nameOf(input, scope);
      await rules.setState(name.scope, name, 'DISABLED');
      return {};
    },
    async DeleteRule(input, { scope }) {
      const name = nameOf(input, scope);
      await rules.deleteRule(name.scope, name);
      return {};
    },
  };
}

function nameOf(
  input: { EventBusName?: string | undefined; Name?: string | undefined },
  scope: string,
): RuleName & { scope: string } {
  return { ...busAddress(input.EventBusName, scope), name: input.Name ?? '' };
}

function wireRule(scope: string, rule: Rule) {
  return {
    Name: rule.name,
    Arn: ruleArn(scope, rule),
    State: rule.state,
    EventBusName: rule.bus,
    ...(rule.pattern !== undefined && { EventPattern: rule.pattern }),
    ...(rule.schedule !== undefined && { ScheduleExpression: rule.schedule }),
    ...(rule.description !== undefined && { Description: rule.description }),
    ...(rule.roleArn !== undefined && { RoleArn: rule.roleArn }),
  };
}
