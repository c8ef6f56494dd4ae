/**
 * Checks a mocked result against the output shape of the operation that the task calls, in the casing that state
 * machines see: members begin with a capital letter. Members that the shape does not know are let through, as in AWS.
 */
import { join } from 'node:path';
import { ModelLibrary, findModelsFolder, type Member, type ServiceModel, type Shape } from '#gateway';
import type { Json, TaskState } from '#languages/asl/index';
import { validation } from '../errors.ts';
import { syncActions } from '../integrations/sync-work.ts';
import { isObject, type FieldValidationMode } from './request.ts';

/** Model names of the services that task resources call otherwise. */
const modelNames: Readonly<Record<string, string>> = {
  cloudwatchlogs: 'logs',
  elasticmapreduce: 'emr',
  eventbridge: 'events',
  sfn: 'stepfunctions',
  states: 'stepfunctions',
};

/** The models to check by: of the services served here, and the outputs of others. Read when first asked for. */
export class ResultModels {
  #libraries: readonly ModelLibrary[] | undefined;

  /** @param service as task resources call it, such as `sfn` or `redshiftdata` */
  find(service: string): ServiceModel | undefined {
    const folder = findModelsFolder();
    this.#libraries ??= [new ModelLibrary(folder), new ModelLibrary(join(folder, 'results'))];
    const wanted = modelNames[service] ?? service;
    for (const library of this.#libraries) {
      const name = [...library.summaries.keys()].find((known) => known.replaceAll('-', '') === wanted);
      if (name !== undefined) return library.find(name);
    }
    return undefined;
  }
}

/** Members whose content is the caller's own, whatever the model says of their type. */
const freeMembers: ReadonlySet<string> = new Set([
  'lambda.Invoke.Payload',
  'states.DescribeExecution.input',
  'states.DescribeExecution.output',
]);

/** Bounds by which Step Functions checks still, from before a service widened its own. */
const olderBounds: Readonly<Record<string, { readonly max: number }>> = { MemorySize: { max: 10_240 } };

/** @throws ValidationException naming the first field that does not fit */
export function checkResult(result: Json, state: TaskState, mode: FieldValidationMode, models: ResultModels): void {
  const { resource } = state;
  // What a callback brings is nobody's but the caller's.
  if (mode === 'NONE' || resource.kind !== 'integration' || resource.pattern === 'waitForTaskToken') return;
  const { service } = resource;
  const operation = resource.pattern === 'request-response' ? capitalized(resource.action) : pollOf(resource);
  const output = models.find(service)?.findOperation(operation)?.output;
  if (output === undefined) return;
  const free = (name: string): boolean => freeMembers.has(`${service}.${operation}.${name}`);
  if (!isObject(result)) throw refused('Mocked result must be a JSON object');
  checkMembers(result, output.shape, { isStrict: mode === 'STRICT', free });
}

/** The operation whose answer a job's state brings: the one that tells how the job stands. */
function pollOf({ service, action }: Extract<TaskState['resource'], { kind: 'integration' }>): string {
  // A run of a Glue job is taken out of the answer that holds it.
  return service === 'glue' ? '' : (syncActions[`${service}:${action}`]?.describe([]).operation ?? '');
}

interface Rules {
  readonly isStrict: boolean;
  readonly free: (name: string) => boolean;
}

function checkMembers(value: { readonly [name: string]: Json }, shape: Shape, rules: Rules): void {
  if (rules.isStrict) {
    for (const name of shape.raw.required ?? []) {
      if (!Object.hasOwn(value, capitalized(name))) throw refused(`Required field '${capitalized(name)}' is missing`);
    }
  }
  for (const [name, member] of shape.members) {
    const field = capitalized(name);
    const given = value[field];
    if (given !== undefined && !rules.free(name)) checkField(field, given, member, rules);
  }
}

function checkField(field: string, value: Json, member: Member, rules: Rules): void {
  const { shape } = member;
  if (shape.isDocument) return;
  switch (shape.type) {
    case 'structure':
      if (!isObject(value)) throw refused(`Field '${field}' must be an object`);
      return checkMembers(value, shape, { ...rules, free: () => false });
    case 'list':
      if (!Array.isArray(value)) throw refused(`Field '${field}' must be an array`);
      for (const item of value as readonly Json[]) checkField(field, item, shape.item, rules);
      return;
    case 'map':
      if (!isObject(value)) throw refused(`Field '${field}' must be an object`);
      for (const [key, item] of Object.entries(value)) checkField(key, item, shape.value, rules);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') throw refused(`Field '${field}' must be a boolean`);
      return;
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
      return checkNumber(field, value, shape);
    case 'string':
    case 'timestamp':
    case 'blob':
      return checkText(field, value, shape);
  }
}

function checkNumber(field: string, value: Json, { name, raw }: Shape): void {
  if (typeof value !== 'number') throw refused(`Field '${field}' must be a number`);
  const { min, max } = { ...raw, ...olderBounds[name] };
  if (min !== undefined && value < min) throw refused(`Field '${field}' is less than the minimum value`);
  if (max !== undefined && value > max) throw refused(`Field '${field}' exceeds the maximum value`);
}

function checkText(field: string, value: Json, { raw }: Shape): void {
  if (typeof value !== 'string') throw refused(`Field '${field}' must be a string`);
  if (raw.enum !== undefined && !raw.enum.includes(value)) throw refused(`Field '${field}' is not an expected value`);
  if (raw.min !== undefined && value.length < raw.min) {
    throw refused(`Field '${field}' is smaller than the minimum length`);
  }
  if (raw.max !== undefined && value.length > raw.max) throw refused(`Field '${field}' exceeds the maximum length`);
}

function capitalized(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

function refused(reason: string) {
  return validation(`Mock result schema validation error: ${reason}`);
}
