/**
 * What the platform itself writes into the log of a function, as text or as JSON (Lambda Developer Guide, "Log formats", and
 * the event schema of the Telemetry API).
 */
import type { FunctionVersion } from '../function.ts';
import { complaintOf } from '../invoke/invocation.ts';
import type { Outcome } from './sandbox.ts';

type LineStyle = Pick<FunctionVersion, 'logFormat' | 'systemLogLevel'>;

export interface Report {
  readonly requestId: string;
  readonly version: FunctionVersion;
  readonly outcome: Outcome;
  readonly durationMs: number;
  /** Of the preparation, in the first report of a sandbox. */
  readonly initMs: number | undefined;
  readonly memoryPeakBytes: number;
  readonly now: Date;
}

/** @param runtime what really runs, such as `nodejs:26.1.0` */
export function initLines(style: LineStyle, runtime: string, sandbox: string, now: Date): string[] {
  if (style.logFormat === 'Text') return [`INIT_START Runtime Version: ${runtime}\tSandbox: ${sandbox}`];
  const record = { initializationType: 'on-demand', phase: 'init', runtimeVersion: runtime, sandbox };
  return jsonLines(style, 'INFO', 'platform.initStart', record, now);
}

export function startLines(version: FunctionVersion, requestId: string, now: Date): string[] {
  if (version.logFormat === 'Text') return [`START RequestId: ${requestId} Version: ${version.version}`];
  return jsonLines(version, 'INFO', 'platform.start', { requestId, version: version.version }, now);
}

export function reportLines(report: Report): string[] {
  const { version, outcome, requestId, now } = report;
  const complaint = complaintOf(outcome, requestId, version, now);
  if (version.logFormat === 'Text') return [...(complaint === undefined ? [] : [complaint]), ...textReport(report)];
  const { status, errorType } = statusOf(outcome);
  const metrics = {
    durationMs: round(report.durationMs),
    billedDurationMs: Math.ceil(report.durationMs),
    memorySizeMB: version.memoryMb,
    maxMemoryUsedMB: Math.ceil(report.memoryPeakBytes / 2 ** 20),
    ...(report.initMs !== undefined && { initDurationMs: round(report.initMs) }),
  };
  const record = { requestId, metrics, status, ...(errorType !== undefined && { errorType }) };
  return jsonLines(version, status === 'success' ? 'INFO' : 'WARN', 'platform.report', record, now);
}

function textReport({ requestId, version, outcome, durationMs, initMs, memoryPeakBytes }: Report): string[] {
  const facts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs)} ms`,
    `Memory Size: ${version.memoryMb} MB`,
    `Max Memory Used: ${Math.ceil(memoryPeakBytes / 2 ** 20)} MB`,
    ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
    ...(outcome.kind === 'timeout' ? ['Status: timeout'] : []),
  ];
  return [`END RequestId: ${requestId}`, `${facts.join('\t')}\t`];
}

function statusOf(outcome: Outcome): { status: string; errorType?: string } {
  switch (outcome.kind) {
    case 'response':
      return { status: 'success' };
    case 'timeout':
      return { status: 'timeout' };
    case 'error':
      return { status: 'error', errorType: 'Function.Unhandled' };
    case 'exit':
      return { status: 'error', errorType: 'Runtime.ExitError' };
    case 'oversize':
      return { status: 'error', errorType: 'Function.ResponseSizeTooLarge' };
  }
}

/** None where the level of the system's log leaves them out. */
function jsonLines(style: LineStyle, level: 'INFO' | 'WARN', type: string, record: object, now: Date): string[] {
  if (style.systemLogLevel === 'WARN' && level === 'INFO') return [];
  return [JSON.stringify({ time: now.toISOString(), type, record })];
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
