/** What the requests that bring a template have in common. */
import type { CloudFormation, CreateStackCommandInput } from '@aws-sdk/client-cloudformation';
import type { HandlersOf } from '#gateway';
import { invalid } from '../errors.ts';
import type { OnFailure } from '../stack.ts';
import type { Submission } from '../intake/preparation.ts';
import type { TemplateSource } from '../intake/template-source.ts';

export type Operations = HandlersOf<CloudFormation>;

type Input = Pick<
  CreateStackCommandInput,
  | 'TemplateBody'
  | 'TemplateURL'
  | 'Parameters'
  | 'Tags'
  | 'Capabilities'
  | 'NotificationARNs'
  | 'RoleARN'
  | 'ResourceTypes'
> & { readonly UsePreviousTemplate?: boolean | undefined };

export function templateOf(input: Pick<Input, 'TemplateBody' | 'TemplateURL'>): TemplateSource {
  return { body: input.TemplateBody, url: input.TemplateURL };
}

export function submissionOf(input: Input): Submission {
  return {
    template: templateOf(input),
    usePreviousTemplate: input.UsePreviousTemplate ?? false,
    parameters: (input.Parameters ?? []).map((parameter) => ({
      key: parameter.ParameterKey ?? '',
      value: parameter.ParameterValue,
      usePrevious: parameter.UsePreviousValue ?? false,
    })),
    tags: input.Tags && Object.fromEntries(input.Tags.map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
    capabilities: input.Capabilities,
    notificationArns: input.NotificationARNs,
    roleArn: input.RoleARN,
    resourceTypes: input.ResourceTypes,
  };
}

/** @throws ValidationError when both ways of saying it are used */
export function onFailureOf(onFailure: string | undefined, disableRollback: boolean | undefined): OnFailure {
  if (onFailure !== undefined && disableRollback !== undefined) {
    throw invalid('You can specify either DisableRollback or OnFailure, but not both.');
  }
  if (onFailure !== undefined) return onFailure as OnFailure;
  return disableRollback ? 'DO_NOTHING' : 'ROLLBACK';
}

/** Members of a request that would have an effect on AWS and have none here are refused, so that nobody relies on them. */
export function refuseUnsupported(input: object, names: readonly string[]): void {
  const members = input as Record<string, unknown>;
  const used = names.find((name) => {
    const value = members[name];
    return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  });
  if (used !== undefined) throw invalid(`${used} is not supported here. Leave it out.`);
}

/** Alarms that roll an operation back are not watched. */
export function refuseTriggers(configuration: { RollbackTriggers?: unknown[] | undefined } | undefined): void {
  if ((configuration?.RollbackTriggers ?? []).length === 0) return;
  throw invalid('RollbackConfiguration.RollbackTriggers is not supported here: no alarms are watched. Leave it out.');
}
