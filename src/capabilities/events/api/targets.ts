import type { EventBridge, Target as WireTarget } from '@aws-sdk/client-eventbridge';
import type { HandlersOf } from '#gateway';
import { busAddress } from '../buses/bus.ts';
import { validation } from '../errors.ts';
import type { RuleName } from '../rules/rule.ts';
import type { Rules } from '../rules/rules.ts';
import type { Target } from '../targets/target.ts';
import { pageFor } from './page.ts';

/** Settings of targets that are not served; a target that has one is refused by its name. */
const foreignSettings = [
  'KinesisParameters',
  'RunCommandParameters',
  'EcsParameters',
  'BatchParameters',
  'RedshiftDataParameters',
  'SageMakerPipelineParameters',
  'AppSyncParameters',
] as const;

export function targetOperations(rules: Rules): HandlersOf<EventBridge> {
  return {
    async PutTargets(input, { scope }) {
      const rule = nameOf(input, scope);
      await rules.putTargets(rule.scope, rule, (input.Targets ?? []).map(targetOf));
      return { FailedEntryCount: 0, FailedEntries: [] };
    },
    async RemoveTargets(input, { scope }) {
      const rule = nameOf(input, scope);
      const absent = await rules.removeTargets(rule.scope, rule, input.Ids ?? []);
      const failed = absent.map((id) => ({
        TargetId: id,
        ErrorCode: 'ResourceNotFoundException',
        ErrorMessage: `Rule ${input.Rule} has no target ${id}.`,
      }));
      return { FailedEntryCount: failed.length, FailedEntries: failed };
    },
    ListTargetsByRule(input, { scope }) {
      const rule = nameOf(input, scope);
      const page = pageFor(rules.listTargets(rule.scope, rule), input, (target) => [target.id]);
      return {
        Targets: page.items.map(wireTarget),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
    ListRuleNamesByTarget(input, { scope }) {
      const names = rules.listRuleNamesByTarget(busAddress(input.EventBusName, scope), input.TargetArn ?? '');
      const page = pageFor(names, input, (name) => [name]);
      return { RuleNames: page.items, ...(page.nextToken !== undefined && { NextToken: page.nextToken }) };
    },
  };
}

function nameOf(
  input: { EventBusName?: string | undefined; Rule?: string | undefined },
  scope: string,
): RuleName & { scope: string } {
  return { ...busAddress(input.EventBusName, scope), name: input.Rule ?? '' };
}

function targetOf(input: WireTarget): Target {
  const foreign = foreignSettings.find((name) => input[name] !== undefined);
  if (foreign !== undefined) throw validation(`${foreign} of target ${input.Id} is not served. Leave it out.`);
  const { Id, Arn, RoleArn, Input, InputPath, InputTransformer: transformer, HttpParameters: http } = input;
  const { SqsParameters: queue, RetryPolicy: retry, DeadLetterConfig: deadLetters } = input;
  return {
    id: Id ?? '',
    arn: Arn ?? '',
    ...(RoleArn !== undefined && { roleArn: RoleArn }),
    ...(Input !== undefined && { input: Input }),
    ...(InputPath !== undefined && { inputPath: InputPath }),
    ...(transformer && {
      transformer: { paths: transformer.InputPathsMap ?? {}, template: transformer.InputTemplate ?? '' },
    }),
    ...(queue?.MessageGroupId !== undefined && { messageGroupId: queue.MessageGroupId }),
    ...(http && {
      http: {
        pathValues: http.PathParameterValues ?? [],
        headers: http.HeaderParameters ?? {},
        query: http.QueryStringParameters ?? {},
      },
    }),
    ...(retry && {
      retry: {
        ...(retry.MaximumRetryAttempts !== undefined && { attemptsMax: retry.MaximumRetryAttempts }),
        ...(retry.MaximumEventAgeInSeconds !== undefined && { ageMaxSeconds: retry.MaximumEventAgeInSeconds }),
      },
    }),
    ...(deadLetters?.Arn !== undefined && { deadLetterArn: deadLetters.Arn }),
  };
}

function wireTarget(target: Target): WireTarget {
  const { transformer, http, retry } = target;
  return {
    Id: target.id,
    Arn: target.arn,
    ...(target.roleArn !== undefined && { RoleArn: target.roleArn }),
    ...(target.input !== undefined && { Input: target.input }),
    ...(target.inputPath !== undefined && { InputPath: target.inputPath }),
    ...(transformer && {
      InputTransformer: { InputPathsMap: { ...transformer.paths }, InputTemplate: transformer.template },
    }),
    ...(target.messageGroupId !== undefined && { SqsParameters: { MessageGroupId: target.messageGroupId } }),
    ...(http && {
      HttpParameters: {
        PathParameterValues: [...http.pathValues],
        HeaderParameters: { ...http.headers },
        QueryStringParameters: { ...http.query },
      },
    }),
    ...(retry && {
      RetryPolicy: { MaximumRetryAttempts: retry.attemptsMax, MaximumEventAgeInSeconds: retry.ageMaxSeconds },
    }),
    ...(target.deadLetterArn !== undefined && { DeadLetterConfig: { Arn: target.deadLetterArn } }),
  };
}
