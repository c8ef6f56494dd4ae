/** What clusters and steps tell, in the shape of EMR's events. */
import { newUuid } from '#kernel/ids';
import type { PlatformEvent } from '#kernel/events';
import { clusterArn, type Cluster } from './cluster.ts';
import type { Step } from './step.ts';

export function clusterEvent(cluster: Cluster, nowMs: number): PlatformEvent {
  const { id, name, state, reason } = cluster;
  const what = `Amazon EMR Cluster ${id} (${name})`;
  const at = timeText(nowMs);
  const messages: Record<Cluster['state'], string> = {
    STARTING: `${what} was requested at ${timeText(cluster.createdMs)} and is being created.`,
    BOOTSTRAPPING: `${what} is running its bootstrap actions.`,
    RUNNING: `${what} began running steps at ${at}.`,
    WAITING: `${what} became ready and is waiting for steps at ${at}.`,
    TERMINATING: `${what} is terminating at ${at}.`,
    TERMINATED: `${what} has terminated at ${at} with a reason of ${reason?.code ?? 'USER_REQUEST'}.`,
    TERMINATED_WITH_ERRORS: `${what} has terminated with errors at ${at} with a reason of ${reason?.code ?? 'INTERNAL_ERROR'}.`,
  };
  return eventOf(cluster, 'EMR Cluster State Change', nowMs, {
    severity: state === 'TERMINATED_WITH_ERRORS' ? 'CRITICAL' : 'INFO',
    stateChangeReason: JSON.stringify({ code: reason?.code ?? '', ...(reason && { message: reason.message }) }),
    name,
    clusterId: id,
    state,
    message: messages[state],
  });
}

export function stepEvent(cluster: Cluster, step: Step, nowMs: number): PlatformEvent {
  const { id, name, state, actionOnFailure } = step;
  const what = `Step ${id} (${name})`;
  const where = `Amazon EMR Cluster ${cluster.id} (${cluster.name})`;
  const at = timeText(nowMs);
  const messages: Record<Step['state'], string> = {
    PENDING: `${what} was added to ${where} at ${at} and is pending execution.`,
    RUNNING: `${what} started running on ${where} at ${at}.`,
    COMPLETED: `${what} completed execution on ${where} at ${at}.`,
    FAILED: `${what} failed in ${where} at ${at}. ${step.failure?.message ?? ''}`.trim(),
    CANCELLED: `${what} was cancelled in ${where} at ${at}.`,
    INTERRUPTED: `${what} was interrupted in ${where} at ${at}.`,
  };
  return eventOf(cluster, 'EMR Step Status Change', nowMs, {
    severity: state === 'FAILED' ? 'ERROR' : state === 'CANCELLED' ? 'WARN' : 'INFO',
    actionOnFailure,
    stepId: id,
    name,
    clusterId: cluster.id,
    state,
    message: messages[state],
  });
}

function eventOf(cluster: Cluster, detailType: string, nowMs: number, detail: Record<string, unknown>): PlatformEvent {
  const [accountId = '', region = ''] = cluster.scope.split('/');
  return {
    id: newUuid(),
    source: 'aws.emr',
    detailType,
    accountId,
    region,
    time: new Date(nowMs),
    resources: [clusterArn(cluster)],
    detail,
  };
}

/** `2026-01-31 12:00 UTC` */
function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
