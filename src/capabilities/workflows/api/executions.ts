import type { HistoryEvent as WireEvent, SFN } from '@aws-sdk/client-sfn';
import type { HandlersOf, RequestContext } from '#gateway';
import { invalidExecutionInput, machineDeleting, typeNotSupported, validation } from '../errors.ts';
import type { Execution, ExecutionFilter, HistoryEvent, StartRequest } from '../execution/execution.ts';
import { descentOfTrace } from '../execution/open-executions.ts';
import { arnOf } from '../machines/machine.ts';
import { checkName, parseStatesArn } from '../machines/name.ts';
import { findTarget, revisionToRun } from '../machines/targets.ts';
import type { Face } from './face.ts';
import { checkJson } from './json-text.ts';
import { sizeOf, withToken } from './paging.ts';
import { redriveMembers } from './redrive-status.ts';

export function executionOperations(face: Face): HandlersOf<SFN> {
  return { ...starting(face), ...reading(face) };
}

function starting(face: Face): HandlersOf<SFN> {
  const { executions } = face;
  return {
    async StartExecution(input, { headers }) {
      const execution = await executions.start(startRequest(face, input, headers));
      return { executionArn: execution.arn, startDate: new Date(execution.startedMs) };
    },
    async StartSyncExecution(input, { headers, signal }) {
      const request = startRequest(face, input, headers);
      if (request.revision.type !== 'EXPRESS') throw typeNotSupported();
      const result = await executions.startSync(request, signal);
      const { output, error, cause, traceHeader } = result;
      return {
        executionArn: result.arn,
        stateMachineArn: result.revision.machineArn,
        name: result.name,
        startDate: new Date(result.startedMs),
        stopDate: new Date(result.stoppedMs ?? result.startedMs),
        status: result.status,
        ...dataMembers({ input: result.input, output }, input.includedData),
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
        ...(traceHeader !== undefined && { traceHeader }),
        billingDetails: {
          billedMemoryUsedInMB: result.billedMemoryMb,
          billedDurationInMilliseconds: result.billedDurationMs,
        },
      };
    },
    async StopExecution(input) {
      const arn = standardArn(input.executionArn ?? '');
      return { stopDate: await executions.stop(arn, input.error, input.cause) };
    },
    async RedriveExecution(input) {
      const arn = standardArn(input.executionArn ?? '');
      return { redriveDate: await executions.redrive(arn, input.clientToken) };
    },
  };
}

function reading({ executions, machines, pointers, clock, ...face }: Face): HandlersOf<SFN> {
  const parts = { executions, machines, pointers, clock, ...face };
  return {
    DescribeExecution(input) {
      const execution = executions.getExecution(standardArn(input.executionArn ?? ''));
      return wireExecution(execution, input.includedData, clock.nowMs());
    },
    ListExecutions(input) {
      const { stateMachineArn, mapRunArn, statusFilter, redriveFilter } = input;
      if ((stateMachineArn === undefined) === (mapRunArn === undefined)) {
        throw validation('Must specify either stateMachineArn or mapRunArn, and not both.');
      }
      const filter = {
        ...(stateMachineArn !== undefined && machineFilter(parts, stateMachineArn)),
        ...(mapRunArn !== undefined && { mapRunArn }),
        ...(statusFilter !== undefined && { status: statusFilter }),
        ...(redriveFilter !== undefined && { redriveFilter }),
      };
      const page = withToken(() =>
        executions.listExecutions(filter, { sizeMax: sizeOf(input.maxResults), token: input.nextToken }),
      );
      return {
        executions: page.items.map(wireListed),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
    GetExecutionHistory(input) {
      const arn = standardArn(input.executionArn ?? '');
      const page = withToken(() =>
        executions.history(arn, {
          sizeMax: sizeOf(input.maxResults),
          token: input.nextToken,
          reverse: input.reverseOrder ?? false,
          includeData: input.includeExecutionData ?? true,
        }),
      );
      return {
        events: page.items.map(wireEvent),
        ...(page.nextToken !== undefined && { nextToken: page.nextToken }),
      };
    },
  };
}

/** Express executions answer none of the operations on executions. @throws InvalidArn */
function standardArn(arn: string): string {
  parseStatesArn(arn, 'execution');
  return arn;
}

function startRequest(
  face: Face,
  input: {
    stateMachineArn?: string | undefined;
    name?: string | undefined;
    input?: string | undefined;
    traceHeader?: string | undefined;
  },
  headers: RequestContext['headers'],
): StartRequest {
  const target = findTarget(face, input.stateMachineArn ?? '');
  if (target.machine.status === 'DELETING') throw machineDeleting(arnOf(target.machine));
  const text = input.input ?? '{}';
  checkJson(text, invalidExecutionInput);
  if (input.name !== undefined) checkName(input.name);
  const descent = descentOfTrace(headers['x-amzn-trace-id']);
  return {
    scope: target.machine.scope,
    revision: revisionToRun(face, target),
    input: text,
    ...(input.name !== undefined && { name: input.name }),
    ...(input.traceHeader !== undefined && { traceHeader: input.traceHeader }),
    ...(descent !== undefined && { descent }),
  };
}

function machineFilter(face: Face, arn: string): ExecutionFilter {
  const { machine, version, alias } = findTarget(face, arn);
  if (machine.type === 'EXPRESS') throw typeNotSupported();
  return version === undefined && alias === undefined ? { machineArn: arnOf(machine) } : { qualifiedArn: arn };
}

function wireExecution(execution: Execution, includedData: string | undefined, nowMs: number) {
  const { output, error, cause, traceHeader } = execution;
  return {
    ...wireHead(execution),
    ...dataMembers({ input: execution.input, output }, includedData),
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    ...(traceHeader !== undefined && { traceHeader }),
    ...redriveMembers(execution, nowMs),
  };
}

function wireListed(execution: Execution) {
  const { itemCount } = execution;
  return { ...wireHead(execution), ...(itemCount !== undefined && { itemCount }) };
}

/** What a description and a line of a list share. */
function wireHead({ revision, stoppedMs, mapRunArn, redrivenMs, ...execution }: Execution) {
  return {
    executionArn: execution.arn,
    stateMachineArn: revision.machineArn,
    name: execution.name,
    status: execution.status,
    startDate: new Date(execution.startedMs),
    ...(stoppedMs !== undefined && { stopDate: new Date(stoppedMs) }),
    ...(mapRunArn !== undefined && { mapRunArn }),
    ...(revision.versionArn !== undefined && { stateMachineVersionArn: revision.versionArn }),
    ...(revision.aliasArn !== undefined && { stateMachineAliasArn: revision.aliasArn }),
    redriveCount: execution.redriveCount,
    ...(redrivenMs !== undefined && { redriveDate: new Date(redrivenMs) }),
  };
}

function dataMembers(
  { input, output }: { input: string; output: string | undefined },
  includedData: string | undefined,
) {
  if (includedData === 'METADATA_ONLY') {
    return { inputDetails: { included: false }, outputDetails: { included: false } };
  }
  return {
    input,
    inputDetails: { included: true },
    ...(output !== undefined && { output, outputDetails: { included: true } }),
  };
}

function wireEvent({ timestampMs, ...event }: HistoryEvent): WireEvent {
  return { ...event, timestamp: new Date(timestampMs) } as unknown as WireEvent;
}
