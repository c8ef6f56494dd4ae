/** Permissions, reserved concurrency, tags, and the settings of asynchronous invocation. */
import type { FunctionEventInvokeConfig, Lambda } from '@aws-sdk/client-lambda';
import type { HandlersOf } from '#gateway';
import { absent, invalidParameter } from '../errors.ts';
import { functionArn, latest, parseFunctionRef, type FunctionRef } from '../function-name.ts';
import type { Functions } from '../functions.ts';
import type { AsyncSettings } from '../invoke/async-settings.ts';
import type { Mappings } from '../mappings/mappings.ts';
import { formatPolicy, principalOf, type Statement } from '../policy.ts';
import type { FunctionSettings } from '../settings.ts';

type AddPermissionInput = Parameters<NonNullable<HandlersOf<Lambda>['AddPermission']>>[0];
type PutAsyncInput = Parameters<NonNullable<HandlersOf<Lambda>['PutFunctionEventInvokeConfig']>>[0];

export function permissionOperations(settings: FunctionSettings): HandlersOf<Lambda> {
  return {
    async AddPermission(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier);
      const statement = statementOf(input, ref);
      await settings.addStatement(ref, statement, input.RevisionId);
      return { Statement: JSON.stringify(statement) };
    },
    async RemovePermission(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier);
      await settings.removeStatement(ref, input.StatementId ?? '', input.RevisionId);
      return {};
    },
    GetPolicy(input, { scope }) {
      const policy = settings.getPolicy(parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier));
      return { Policy: formatPolicy(policy), RevisionId: policy.revisionId };
    },
  };
}

export function asyncOperations(settings: FunctionSettings): HandlersOf<Lambda> {
  return {
    async PutFunctionEventInvokeConfig(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier);
      return wireAsync(ref, await settings.putAsync(ref, asyncOf(input), false));
    },
    async UpdateFunctionEventInvokeConfig(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier);
      return wireAsync(ref, await settings.putAsync(ref, asyncOf(input), true));
    },
    GetFunctionEventInvokeConfig(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier);
      return wireAsync(ref, settings.getAsync(ref));
    },
    ListFunctionEventInvokeConfigs(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      return {
        FunctionEventInvokeConfigs: settings
          .listAsync(ref)
          .map(({ qualifier, document }) => wireAsync({ ...ref, qualifier }, document)),
      };
    },
    async DeleteFunctionEventInvokeConfig(input, { scope }) {
      await settings.deleteAsync(parseFunctionRef(input.FunctionName ?? '', scope, input.Qualifier));
      return {};
    },
  };
}

export function concurrencyOperations(functions: Functions): HandlersOf<Lambda> {
  return {
    async PutFunctionConcurrency(input, { scope }) {
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      await functions.setReserved(ref, input.ReservedConcurrentExecutions);
      return { ReservedConcurrentExecutions: input.ReservedConcurrentExecutions };
    },
    GetFunctionConcurrency(input, { scope }) {
      const { reserved } = functions.row(parseFunctionRef(input.FunctionName ?? '', scope));
      return reserved === undefined ? {} : { ReservedConcurrentExecutions: reserved };
    },
    async DeleteFunctionConcurrency(input, { scope }) {
      await functions.setReserved(parseFunctionRef(input.FunctionName ?? '', scope), undefined);
      return {};
    },
    ListProvisionedConcurrencyConfigs(input, { scope }) {
      functions.row(parseFunctionRef(input.FunctionName ?? '', scope));
      return { ProvisionedConcurrencyConfigs: [] };
    },
  };
}

/** Tags of functions and of event source mappings, by their ARNs. */
export function tagOperations(functions: Functions, mappings: Mappings): HandlersOf<Lambda> {
  type Tags = Readonly<Record<string, string>>;
  const change = async (arn: string, scope: string, next: (tags: Tags) => Tags): Promise<void> => {
    const uuid = mappingOf(arn);
    if (uuid === undefined) await functions.changeTags(taggedFunction(arn, scope), next);
    else await mappings.changeTags(scope, uuid, next);
  };
  return {
    async TagResource(input, { scope }) {
      await change(input.Resource ?? '', scope, (tags) => ({ ...tags, ...input.Tags }));
      return {};
    },
    async UntagResource(input, { scope }) {
      const gone = new Set(input.TagKeys);
      await change(input.Resource ?? '', scope, (tags) =>
        Object.fromEntries(Object.entries(tags).filter(([key]) => !gone.has(key))),
      );
      return {};
    },
    ListTags(input, { scope }) {
      const arn = input.Resource ?? '';
      const uuid = mappingOf(arn);
      const tags = uuid === undefined ? functions.row(taggedFunction(arn, scope)).tags : mappings.get(scope, uuid).tags;
      return { Tags: { ...tags } };
    },
  };
}

function mappingOf(arn: string): string | undefined {
  return /:event-source-mapping:([0-9a-f-]+)$/.exec(arn)?.[1];
}

function taggedFunction(arn: string, scope: string): FunctionRef {
  if (!arn.startsWith('arn:') || !arn.includes(':function:')) throw absent(`Resource not found: ${arn}`);
  return parseFunctionRef(arn, scope);
}

function statementOf(input: AddPermissionInput, ref: FunctionRef): Statement {
  const conditions: Record<string, Record<string, string>> = {
    ...(input.SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': input.SourceArn } }),
  };
  const equal = {
    ...(input.SourceAccount !== undefined && { 'AWS:SourceAccount': input.SourceAccount }),
    ...(input.EventSourceToken !== undefined && { 'lambda:EventSourceToken': input.EventSourceToken }),
    ...(input.FunctionUrlAuthType !== undefined && { 'lambda:FunctionUrlAuthType': input.FunctionUrlAuthType }),
    ...(input.PrincipalOrgID !== undefined && { 'aws:PrincipalOrgID': input.PrincipalOrgID }),
  };
  if (Object.keys(equal).length > 0) conditions['StringEquals'] = equal;
  const { InvokedViaFunctionUrl: viaUrl } = input;
  if (viaUrl !== undefined) conditions['Bool'] = { 'lambda:InvokedViaFunctionUrl': String(viaUrl) };
  return {
    Sid: input.StatementId ?? '',
    Effect: 'Allow',
    Principal: principalOf(input.Principal ?? ''),
    Action: input.Action ?? '',
    Resource: functionArn(ref.scope, ref.name, ref.qualifier),
    ...(Object.keys(conditions).length > 0 && { Condition: conditions }),
  };
}

function asyncOf(input: PutAsyncInput): Partial<AsyncSettings> {
  const { OnSuccess, OnFailure } = input.DestinationConfig ?? {};
  if (
    input.MaximumRetryAttempts === undefined &&
    input.MaximumEventAgeInSeconds === undefined &&
    input.DestinationConfig === undefined
  ) {
    throw invalidParameter('You must specify at least one of error handling or destination setting.');
  }
  return {
    ...(input.MaximumRetryAttempts !== undefined && { retries: input.MaximumRetryAttempts }),
    ...(input.MaximumEventAgeInSeconds !== undefined && { maxAgeSeconds: input.MaximumEventAgeInSeconds }),
    ...(OnSuccess?.Destination !== undefined && { onSuccess: OnSuccess.Destination }),
    ...(OnFailure?.Destination !== undefined && { onFailure: OnFailure.Destination }),
  };
}

function wireAsync(ref: FunctionRef, settings: AsyncSettings): FunctionEventInvokeConfig {
  return {
    LastModified: new Date(settings.modifiedMs),
    FunctionArn: functionArn(ref.scope, ref.name, ref.qualifier ?? latest),
    ...(settings.retries !== undefined && { MaximumRetryAttempts: settings.retries }),
    ...(settings.maxAgeSeconds !== undefined && { MaximumEventAgeInSeconds: settings.maxAgeSeconds }),
    DestinationConfig: {
      OnSuccess: settings.onSuccess === undefined ? {} : { Destination: settings.onSuccess },
      OnFailure: settings.onFailure === undefined ? {} : { Destination: settings.onFailure },
    },
  };
}
