import type { EventSourceMappingConfiguration, Lambda } from '@aws-sdk/client-lambda';
import type { HandlersOf } from '#gateway';
import { pageOf } from '#kernel/paging';
import { invalidParameter } from '../errors.ts';
import { functionArn, lambdaArn, parseFunctionRef } from '../function-name.ts';
import type { Functions } from '../functions.ts';
import { checkSource, type Mapping, type MappingSettings } from '../mappings/mapping.ts';
import type { Mappings } from '../mappings/mappings.ts';

type UpdateInput = Parameters<NonNullable<HandlersOf<Lambda>['UpdateEventSourceMapping']>>[0];

const pageMax = 100;
/** Members that only streams and Kafka know; they would have no effect on a queue. */
const foreignMembers = [
  'ParallelizationFactor',
  'BisectBatchOnFunctionError',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'TumblingWindowInSeconds',
  'DestinationConfig',
] as const;

export function mappingOperations(functions: Functions, mappings: Mappings): HandlersOf<Lambda> {
  const wire = (mapping: Mapping, state?: string): EventSourceMappingConfiguration =>
    wireMapping(mapping, state ?? (mapping.enabled ? 'Enabled' : 'Disabled'), mappings.lastResult(mapping.uuid));
  return {
    async CreateEventSourceMapping(input, { scope }) {
      const sourceArn = checkSource(input.EventSourceArn);
      const ref = parseFunctionRef(input.FunctionName ?? '', scope);
      functions.get(ref);
      const initial: MappingSettings = {
        ref,
        enabled: true,
        batchSize: 10,
        windowSeconds: 0,
        reportsFailures: false,
        filters: [],
      };
      const mapping = await mappings.create(scope, sourceArn, changed(initial, input), input.Tags ?? {});
      return wire(mapping, 'Creating');
    },
    async UpdateEventSourceMapping(input, { scope }) {
      const ref = input.FunctionName === undefined ? undefined : parseFunctionRef(input.FunctionName, scope);
      if (ref !== undefined) functions.get(ref);
      const change = (before: Mapping) => changed({ ...before, ...(ref !== undefined && { ref }) }, input);
      return wire(await mappings.update(scope, input.UUID ?? '', change), 'Updating');
    },
    GetEventSourceMapping(input, { scope }) {
      return wire(mappings.get(scope, input.UUID ?? ''));
    },
    async DeleteEventSourceMapping(input, { scope }) {
      return wire(await mappings.delete(scope, input.UUID ?? ''), 'Deleting');
    },
    ListEventSourceMappings(input, { scope }) {
      const ref = input.FunctionName === undefined ? undefined : parseFunctionRef(input.FunctionName, scope);
      const found = mappings
        .list(scope)
        .filter(({ sourceArn }) => input.EventSourceArn === undefined || sourceArn === input.EventSourceArn)
        .filter((mapping) => ref === undefined || mapping.ref.name === ref.name);
      const page = pageOf(found, {
        token: input.Marker,
        sizeMax: input.MaxItems ?? pageMax,
        key: ({ uuid }) => [uuid],
        code: 'InvalidParameterValueException',
      });
      return {
        EventSourceMappings: page.items.map((mapping) => wire(mapping)),
        ...(page.nextToken !== undefined && { NextMarker: page.nextToken }),
      };
    },
  };
}

function changed(before: MappingSettings, input: Omit<UpdateInput, 'UUID'>): MappingSettings {
  const foreign = foreignMembers.find((member) => input[member] !== undefined);
  if (foreign !== undefined) throw invalidParameter(`${foreign} is not supported for a queue; leave it out.`);
  const { FilterCriteria, FunctionResponseTypes, ScalingConfig } = input;
  const maxConcurrency = ScalingConfig === undefined ? before.maxConcurrency : ScalingConfig.MaximumConcurrency;
  const { maxConcurrency: _before, ...rest } = before;
  return {
    ...rest,
    enabled: input.Enabled ?? before.enabled,
    batchSize: input.BatchSize ?? before.batchSize,
    windowSeconds: input.MaximumBatchingWindowInSeconds ?? before.windowSeconds,
    reportsFailures:
      FunctionResponseTypes === undefined
        ? before.reportsFailures
        : FunctionResponseTypes.includes('ReportBatchItemFailures'),
    filters:
      FilterCriteria === undefined
        ? before.filters
        : (FilterCriteria.Filters ?? []).map(({ Pattern }) => Pattern ?? '{}'),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
  };
}

function wireMapping(mapping: Mapping, state: string, lastResult: string | undefined): EventSourceMappingConfiguration {
  const { ref, filters, maxConcurrency } = mapping;
  return {
    UUID: mapping.uuid,
    BatchSize: mapping.batchSize,
    MaximumBatchingWindowInSeconds: mapping.windowSeconds,
    EventSourceArn: mapping.sourceArn,
    FunctionArn: functionArn(ref.scope, ref.name, ref.qualifier),
    LastModified: new Date(mapping.modifiedMs),
    ...(lastResult !== undefined && { LastProcessingResult: lastResult }),
    State: state,
    StateTransitionReason: 'USER_INITIATED',
    FunctionResponseTypes: mapping.reportsFailures ? ['ReportBatchItemFailures'] : [],
    ...(filters.length > 0 && { FilterCriteria: { Filters: filters.map((Pattern) => ({ Pattern })) } }),
    ...(maxConcurrency !== undefined && { ScalingConfig: { MaximumConcurrency: maxConcurrency } }),
    EventSourceMappingArn: lambdaArn(mapping.scope, `event-source-mapping:${mapping.uuid}`),
  };
}
