/**
 * What tasks do outside: every call goes through the dispatcher as the machine's role, so that it is validated, authorised
 * and audited like any other. Functions, the optimised integrations and `aws-sdk:` share one way.
 */
import { roleCaller } from '#access';
import { ModelLibrary, type Dispatcher } from '#gateway';
import { PlatformError, isPlatformError, messageOf, type ErrorKind } from '#kernel/errors';
import type { PlatformEvent } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import { StateFailure, type Json, type JsonObject, type TaskResource, type TaskState } from '#languages/asl/index';
import { partsOfScope } from '../execution/execution.ts';
import { traceOf } from '../execution/open-executions.ts';
import { stateOf } from '../execution/interpreter/control.ts';
import type { TaskOutcome } from '../execution/interpreter/tasks.ts';
import type { Effect, Run } from '../execution/run.ts';
import type { TaskPhase, Thread } from '../execution/thread.ts';
import { invokeHttp, type ConnectionAuthorizer, type HttpWatcher } from './http.ts';
import { integrationResult, operationParameters, parsed } from './optimized.ts';
import { findUnknownField, isObject, optimizedStyle, sdkStyle, toInput, toOutput } from './sdk-json.ts';
import { serviceCallOf, type Integration, type ServiceCall } from './service-call.ts';
import { formatKey, syncActions, syncKeyOf, type SyncAction } from './sync-work.ts';

export interface IntegrationsParts {
  readonly dispatcher: Dispatcher;
  readonly log: Log;
  /** Whether a task waits for the work of this key already. */
  readonly isAwaited: (syncKey: string) => boolean;
  /** What a request through an EventBridge connection has to carry. */
  readonly connections?: ConnectionAuthorizer | undefined;
}

/** A task's call, whoever makes it. */
export interface DirectTask {
  readonly scope: string;
  readonly resource: TaskResource;
  readonly parameters: Json;
  readonly roleArn: string;
  /** Name of the execution: the session of the role. */
  readonly session: string;
  /** The same for every repeat of one attempt. */
  readonly token: string;
  /** Whether an earlier call of this attempt may have been carried out. */
  readonly isRepeat?: boolean;
  /** When the attempt was scheduled. */
  readonly scheduledMs?: number;
  /** Tells those that are called which execution it was. */
  readonly traceHeader?: string;
  /** Sees the exchange of an HTTP task. */
  readonly watcher?: HttpWatcher;
}

const invokedBy = 'states.amazonaws.com';
/** Those through which an execution can come to start others; messages carry no trace header of ours. */
const tracedServices = new Set(['stepfunctions', 'lambda']);

export class Integrations {
  readonly #parts: IntegrationsParts;
  #models: ModelLibrary | undefined;

  constructor(parts: IntegrationsParts) {
    this.#parts = parts;
  }

  /** Never rejects. */
  async perform(run: Run, { thread, phase }: Effect, signal: AbortSignal): Promise<TaskOutcome> {
    if ((phase.repeats ?? 0) > 0) {
      const fields = { execution: run.origin.arn, state: thread.state, repeats: phase.repeats };
      this.#parts.log.warn('the outcome of a task was unknown after a restart; it is called again', fields);
    }
    return await this.call(taskOf(run, thread, phase), signal);
  }

  /** Never rejects: what goes wrong is the outcome. */
  async call(task: DirectTask, signal: AbortSignal): Promise<TaskOutcome> {
    try {
      const { resource } = task;
      if (resource.kind === 'lambda-function') return await this.#invokeFunction(task, resource.arn, signal);
      if (resource.kind === 'activity') return failed('States.Runtime', 'An activity has no call of its own.');
      if (resource.service === 'http' || resource.service === 'apigateway') {
        return await invokeHttp(task, this.#parts.connections, signal);
      }
      return await this.#callService(task, resource, signal);
    } catch (error) {
      if (error instanceof StateFailure) return failed(error.error, error.causeText);
      this.#parts.log.error('a task failed inside', { error, resource: task.resource.arn });
      return failed('States.TaskFailed', messageOf(error));
    }
  }

  /** Why a task cannot be started with these parameters, in AWS's words; undefined when it can. */
  refusalOf(resource: TaskResource, parameters: Json): string | undefined {
    if (resource.kind !== 'integration' || !isObject(parameters)) return undefined;
    const { service, operation } = serviceCallOf(resource);
    const given = resource.isAwsSdk ? parameters : operationParameters(resource.service, resource.action, parameters);
    const unknown = findUnknownField(given, this.#findOperation(service, operation)?.input);
    if (unknown === undefined) return undefined;
    const reason = `The field "${unknown}" is not supported by Step Functions`;
    return `The Parameters '${JSON.stringify(parameters)}' could not be used to start the Task: [${reason}]`;
  }

  keyOf(event: PlatformEvent): string | undefined {
    return syncKeyOf(event);
  }

  /** How the work stands that a thread waits for; undefined while it goes on. @throws what the describe call throws */
  async look(run: Run, thread: Thread, phase: TaskPhase, signal: AbortSignal): Promise<TaskOutcome | undefined> {
    const task = taskOf(run, thread, phase);
    const integration = task.resource as Integration;
    const { action, key } = syncOf(integration, phase);
    if (action === undefined) return undefined;
    const { operation, input } = action.describe(key);
    let answer: Json;
    try {
      answer = await this.#invoke(
        { ...serviceCallOf(integration), operation },
        input,
        task,
        signal,
        optimizedStyle.time,
      );
    } catch (error) {
      // Gone: it cannot be waited for.
      if (isPlatformError(error) && error.kind === 'absent') return failed('States.TaskFailed', error.message);
      throw error;
    }
    const described = integration.service === 'states' ? describedExecution(answer, integration.pattern) : answer;
    const { state, result } = action.standing(isObject(described) ? described : {});
    if (state === 'running') return undefined;
    const text = JSON.stringify(result);
    return state === 'succeeded' ? { kind: 'succeeded', output: text } : failed('States.TaskFailed', text);
  }

  /** Ends the work that nobody waits for any more, as far as that can be. */
  async cancel(run: Run, thread: Thread, phase: TaskPhase): Promise<void> {
    const task = taskOf(run, thread, phase);
    const integration = task.resource as Integration;
    const { action, key } = syncOf(integration, phase);
    if (action?.cancel === undefined) return;
    const { operation, input } = action.cancel(key);
    const { signal } = new AbortController();
    try {
      await this.#invoke({ ...serviceCallOf(integration), operation }, input, task, signal, optimizedStyle.time);
    } catch (error) {
      this.#parts.log.warn('the work of a stopped execution could not be ended', { error, key: phase.syncKey });
    }
  }

  async #invokeFunction(task: DirectTask, FunctionName: string, signal: AbortSignal): Promise<TaskOutcome> {
    const call: ServiceCall = {
      service: 'lambda',
      operation: 'Invoke',
      errorPrefix: 'Lambda',
      serviceName: 'AWSLambda',
    };
    const parameters = { FunctionName, Payload: task.parameters };
    const outcome = await this.#attempt(call, parameters, task, signal, 'optimized');
    if ('kind' in outcome) return outcome;
    return functionFailure(outcome.value) ?? succeeded(parsed(outcome.value['Payload'] ?? null));
  }

  async #callService(task: DirectTask, integration: Integration, signal: AbortSignal): Promise<TaskOutcome> {
    const { service, action, isAwsSdk, pattern } = integration;
    const call = serviceCallOf(integration);
    if (!this.#parts.dispatcher.serves(call.service, call.operation)) return notServed(integration, call);
    const given: JsonObject = isObject(task.parameters) ? task.parameters : {};
    const syncAction = pattern.startsWith('sync') ? syncActions[`${service}:${action}`] : undefined;
    if (pattern.startsWith('sync') && syncAction === undefined) return notServed(integration, call);
    const identified = { ...given, ...identity(integration, syncAction, given, task.token) };
    const again =
      task.isRepeat === true ? await this.#findAgain(task, integration, syncAction, given, signal) : undefined;
    if (again !== undefined) return again;
    const parameters = isAwsSdk ? identified : operationParameters(service, action, identified);
    const outcome = await this.#attempt(call, parameters, task, signal, isAwsSdk ? 'sdk' : 'optimized');
    if ('kind' in outcome) return outcome;
    const failure =
      service === 'lambda' && !isAwsSdk ? functionFailure(outcome.value) : entryFailure(integration, outcome.value);
    if (failure !== undefined) return failure;
    const result = isAwsSdk ? outcome.value : integrationResult(service, action, outcome.value);
    const output = JSON.stringify(result);
    if (pattern === 'waitForTaskToken') return { kind: 'submitted', output };
    if (syncAction === undefined) return { kind: 'succeeded', output };
    const key = syncAction.keyOf(isObject(result) ? result : {}, given);
    return { kind: 'submitted', output, syncKey: formatKey(service, key) };
  }

  /** Work that an earlier call of this attempt has started, if nobody else waits for it. */
  async #findAgain(
    task: DirectTask,
    integration: Integration,
    syncAction: SyncAction | undefined,
    given: JsonObject,
    signal: AbortSignal,
  ): Promise<TaskOutcome | undefined> {
    if (syncAction?.search === undefined) return undefined;
    const { operation, input } = syncAction.search.list(given);
    const call = { ...serviceCallOf(integration), operation };
    const outcome = await this.#attempt(call, input as JsonObject, task, signal, 'optimized');
    if ('kind' in outcome) return outcome;
    const found = syncAction.search.candidates(outcome.value, given, task.scheduledMs ?? 0);
    for (const output of found) {
      const syncKey = formatKey(integration.service, syncAction.keyOf(output, given));
      if (!this.#parts.isAwaited(syncKey)) return { kind: 'submitted', output: JSON.stringify(output), syncKey };
    }
    return undefined;
  }

  async #attempt(
    call: ServiceCall,
    parameters: JsonObject,
    task: DirectTask,
    signal: AbortSignal,
    style: 'sdk' | 'optimized',
  ): Promise<TaskOutcome | { readonly value: JsonObject }> {
    const { time } = style === 'sdk' ? sdkStyle : optimizedStyle;
    try {
      const value = await this.#invoke(call, parameters, task, signal, time);
      return { value: isObject(value) ? value : {} };
    } catch (error) {
      if (error instanceof StateFailure) throw error;
      return serviceFailure(call, error, style);
    }
  }

  async #invoke(
    call: ServiceCall,
    parameters: object,
    task: DirectTask,
    signal: AbortSignal,
    time: (time: Date) => Json,
  ): Promise<Json> {
    const { dispatcher } = this.#parts;
    const operation = this.#findOperation(call.service, call.operation);
    const input = toInput(parameters as JsonObject, operation?.input) as object;
    const { accountId, region } = partsOfScope(task.scope);
    const traceHeader = tracedServices.has(call.service) ? task.traceHeader : undefined;
    const as = { caller: roleCaller(task.roleArn, accountId, task.session), region, signal, invokedBy, traceHeader };
    const answer: unknown = await dispatcher.call(call.service, call.operation, input, as);
    return await toOutput(answer, operation?.output, { time });
  }

  #findOperation(service: string, operation: string) {
    this.#models ??= new ModelLibrary();
    return this.#models.find(service)?.findOperation(operation);
  }
}

function taskOf(run: Run, thread: Thread, phase: TaskPhase): DirectTask {
  const { scope, revision, name } = run.origin;
  return {
    scope,
    resource: (stateOf(thread) as TaskState).resource,
    parameters: JSON.parse(phase.parameters) as Json,
    roleArn: phase.roleArn ?? revision.roleArn,
    session: name,
    token: phase.token,
    isRepeat: (phase.repeats ?? 0) > 0,
    scheduledMs: phase.scheduledMs,
    traceHeader: traceOf(run.origin),
  };
}

function syncOf(
  { service, action }: Integration,
  { syncKey = '' }: TaskPhase,
): { action: SyncAction | undefined; key: string[] } {
  return { action: syncActions[`${service}:${action}`], key: syncKey.split(' ').slice(1) };
}

/** Starting an execution is safe to repeat by its name; other work only needs that where it is waited for. */
function identity(
  { service, action, isAwsSdk, pattern }: Integration,
  syncAction: SyncAction | undefined,
  given: JsonObject,
  token: string,
): JsonObject {
  if (isAwsSdk) return {};
  const isStart = service === 'states' && action === 'startExecution' && pattern !== 'request-response';
  const known = syncAction ?? (isStart ? syncActions['states:startExecution'] : undefined);
  return known?.identify?.(given, token) ?? {};
}

function succeeded(output: Json): TaskOutcome {
  return { kind: 'succeeded', output: JSON.stringify(output) };
}

function failed(error: string | undefined, cause: string | undefined): TaskOutcome {
  return { kind: 'failed', error, cause };
}

/** A function that threw: its own error type, and as the cause the JSON that it answered. */
function functionFailure({ FunctionError, Payload }: JsonObject): TaskOutcome | undefined {
  if (FunctionError === undefined || FunctionError === null) return undefined;
  const payload = parsed(Payload ?? null);
  const type = isObject(payload) ? payload['errorType'] : undefined;
  const cause = typeof Payload === 'string' ? Payload : JSON.stringify(payload);
  return failed(typeof type === 'string' ? type : 'Lambda.Unknown', cause);
}

/** PutEvents answers 200 with failed entries; a task fails then. */
function entryFailure({ service, action, isAwsSdk }: Integration, answer: JsonObject): TaskOutcome | undefined {
  const isFailed =
    !isAwsSdk && service === 'events' && action === 'putEvents' && Number(answer['FailedEntryCount']) > 0;
  return isFailed ? failed('EventBridge.FailedEntry', JSON.stringify(answer)) : undefined;
}

function notServed({ arn }: Integration, { service, operation }: ServiceCall): TaskOutcome {
  return failed(
    'States.Runtime',
    `Millpond does not serve ${service}:${operation}, which the resource '${arn}' needs. See docs/reference/coverage.md.`,
  );
}

const statusCodes: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  absent: 400,
  conflict: 400,
  denied: 403,
  throttled: 400,
  unavailable: 503,
  internal: 500,
};

/** What services that speak REST say instead. */
const restStatusCodes: Partial<Record<ErrorKind, number>> = { absent: 404, conflict: 409, throttled: 429 };
const restServices = new Set(['lambda', 's3', 'scheduler']);

function serviceFailure(call: ServiceCall, error: unknown, style: 'sdk' | 'optimized'): TaskOutcome {
  const known = error instanceof PlatformError ? error : undefined;
  const code = known?.code ?? 'InternalFailure';
  const kind = known?.kind ?? 'internal';
  const status = (restServices.has(call.service) ? restStatusCodes[kind] : undefined) ?? statusCodes[kind];
  const name = `${call.errorPrefix}.${code.endsWith('Exception') ? code : `${code}Exception`}`;
  const message = known?.message ?? 'An internal error occurred.';
  const cause =
    style === 'sdk'
      ? `${message} (Service: ${call.serviceName}, Status Code: ${status}, Request ID: ${newUuid()}) (SDK Attempt Count: 1)`
      : `${message} (Service: ${call.serviceName}; Status Code: ${status}; Error Code: ${code}; Request ID: ${newUuid()}; Proxy: null)`;
  return failed(name, cause);
}

const shownByExecution = [
  'ExecutionArn',
  'Input',
  'InputDetails',
  'Name',
  'Output',
  'OutputDetails',
  'StartDate',
  'StateMachineArn',
  'Status',
  'StopDate',
  'Error',
  'Cause',
] as const;

/** `.sync` shows input and output as text, `.sync:2` as JSON. */
function describedExecution(answer: Json, pattern: Integration['pattern']): Json {
  if (!isObject(answer)) return answer;
  const shown: Record<string, Json> = {};
  for (const name of shownByExecution) {
    const value = answer[name];
    if (value === undefined || value === null) continue;
    shown[name] = pattern === 'sync:2' && (name === 'Input' || name === 'Output') ? parsed(value) : value;
  }
  return shown;
}
