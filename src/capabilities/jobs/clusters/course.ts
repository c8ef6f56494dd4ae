/**
 * The course of a cluster: what follows from where it stands, inside the transaction that changed it. A step is started,
 * ended and followed by the next one atomically with the application that carries it out, and each change tells its
 * event in the same write, so that a crash finds no cluster between two states.
 */
import { roleCaller } from '#access';
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import type { EventHub } from '#kernel/events';
import type { Transaction } from '#kernel/state';
import { emptySubmission, type Application, type Submission } from '../applications/application.ts';
import type { Applications } from '../applications/applications.ts';
import * as rows from '../store/clusters.ts';
import {
  bootstrapLogFolder,
  bootstrapSource,
  clusterHasEnded,
  sparkDefaults,
  type Cluster,
  type StateReason,
} from './cluster.ts';
import { clusterEvent, stepEvent } from './cluster-event.ts';
import { submissionOfStep } from './step-command.ts';
import { stepHasEnded, type Step } from './step.ts';

export interface CourseParts {
  readonly clock: Clock;
  readonly events: EventHub;
  readonly applications: Applications;
  /** Owes the logs of an application to a folder below the cluster's LogUri. */
  readonly owesLogs: (db: Transaction, cluster: Cluster, applicationId: number, folder: string) => void;
}

export class Course {
  readonly #parts: CourseParts;

  constructor(parts: CourseParts) {
    this.#parts = parts;
  }

  /** Does whatever is next for a cluster; nothing when it waits for something that runs. */
  advance(db: Transaction, id: string): void {
    const cluster = rows.selectCluster(db, id);
    if (cluster === undefined || clusterHasEnded(cluster)) return;
    const steps = rows.selectOpenSteps(db, id);
    if (cluster.state === 'TERMINATING') return this.#finish(db, cluster, steps);
    if (cluster.bootstrapped < cluster.bootstrapActions.length) return this.#bootstrap(db, cluster);
    const running = steps.filter(({ state }) => state === 'RUNNING').length;
    const pending = steps.filter(({ state }) => state === 'PENDING');
    const [next] = pending;
    if (next !== undefined && running < cluster.stepConcurrency) {
      const current = this.#move(db, cluster, 'RUNNING');
      this.#start(db, current, next);
      return this.advance(db, id);
    }
    if (steps.length > 0) return;
    if (cluster.keepsAlive) this.#move(db, cluster, 'WAITING');
    else this.terminate(db, cluster, 'TERMINATED', { code: 'ALL_STEPS_COMPLETED', message: 'Steps completed' });
  }

  /** Begins the end: what waits is cancelled, what runs is killed, and the cluster ends with the last of it. */
  terminate(
    db: Transaction,
    cluster: Cluster,
    state: 'TERMINATED' | 'TERMINATED_WITH_ERRORS',
    reason: StateReason,
  ): void {
    if (cluster.state === 'TERMINATING' || clusterHasEnded(cluster)) return;
    const ending: Cluster = { ...cluster, fate: { ...reason, state } };
    this.#move(db, ending, 'TERMINATING', reason);
    for (const step of rows.selectOpenSteps(db, cluster.id)) this.cancel(db, ending, step);
    const { applications } = this.#parts;
    const bootstrap = applications.findBySource('emr', bootstrapSource(cluster.id, cluster.bootstrapped));
    if (bootstrap !== undefined) db.afterCommit(() => void applications.kill(bootstrap.id));
    this.advance(db, cluster.id);
  }

  /** A step that waits is cancelled at once; one that runs is, when its processes are gone. */
  cancel(db: Transaction, cluster: Cluster, step: Step): void {
    if (step.state === 'PENDING') this.#moveStep(db, cluster, { ...step, state: 'CANCELLED' });
    const { applicationId } = step;
    if (step.state !== 'RUNNING' || applicationId === undefined) return;
    db.afterCommit(() => void this.#parts.applications.kill(applicationId));
  }

  /** Adds a step that waits. */
  add(db: Transaction, cluster: Cluster, step: Step): void {
    rows.putStep(db, step);
    this.#parts.events.record(db, stepEvent(cluster, step, this.#parts.clock.nowMs()));
  }

  /** Follows the end of an application that carried out a step or a bootstrap action. */
  follow(db: Transaction, application: Application): void {
    if (application.source !== 'emr' || application.sourceId === undefined) return;
    const [clusterId = '', isBootstrap] = application.sourceId.split('/');
    if (isBootstrap !== undefined) return this.#followBootstrap(db, clusterId, application);
    const step = rows.selectStep(db, application.sourceId);
    const cluster = step === undefined ? undefined : rows.selectCluster(db, step.clusterId);
    if (step === undefined || cluster === undefined || stepHasEnded(step)) return;
    if (application.state === 'success') this.#moveStep(db, cluster, { ...step, state: 'COMPLETED' });
    else if (application.state === 'killed') this.#moveStep(db, cluster, { ...step, state: 'CANCELLED' });
    else this.#fail(db, cluster, step, application.reason ?? 'The application failed.');
    this.advance(db, cluster.id);
  }

  #bootstrap(db: Transaction, cluster: Cluster): void {
    const index = cluster.bootstrapped;
    const action = cluster.bootstrapActions[index];
    const sourceId = bootstrapSource(cluster.id, index);
    if (action === undefined || this.#parts.applications.hasSource(db, 'emr', sourceId)) return;
    this.#move(db, cluster, 'BOOTSTRAPPING');
    const submission: Submission = {
      ...emptySubmission,
      kind: 'command',
      file: action.path,
      args: action.args,
      name: action.name,
    };
    this.#submit(db, cluster, sourceId, submission);
  }

  #followBootstrap(db: Transaction, clusterId: string, application: Application): void {
    const cluster = rows.selectCluster(db, clusterId);
    if (cluster === undefined) return;
    this.#parts.owesLogs(db, cluster, application.id, bootstrapLogFolder(cluster, cluster.bootstrapped));
    if (application.state === 'success') rows.putCluster(db, { ...cluster, bootstrapped: cluster.bootstrapped + 1 });
    else if (cluster.state !== 'TERMINATING') {
      const message = `On the master instance, bootstrap action ${cluster.bootstrapped + 1} failed: ${application.reason ?? ''}`;
      this.terminate(db, cluster, 'TERMINATED_WITH_ERRORS', { code: 'BOOTSTRAP_FAILURE', message });
    } else rows.putCluster(db, { ...cluster, bootstrapped: cluster.bootstrapActions.length });
    this.advance(db, clusterId);
  }

  #start(db: Transaction, cluster: Cluster, step: Step): void {
    let submission: Submission;
    try {
      submission = submissionOfStep(step.name, step.command);
    } catch (error) {
      this.#fail(db, cluster, step, messageOf(error));
      return;
    }
    const conf = { ...sparkDefaults(cluster), ...submission.conf };
    const application = this.#submit(db, cluster, step.id, { ...submission, conf }, step.executionRole);
    this.#moveStep(db, cluster, { ...step, state: 'RUNNING', applicationId: application.id });
  }

  #submit(db: Transaction, cluster: Cluster, sourceId: string, submission: Submission, role = cluster.jobFlowRole) {
    const [accountId = ''] = cluster.scope.split('/');
    const caller = role === undefined ? cluster.caller : roleCaller(role, accountId, cluster.id);
    const { applications } = this.#parts;
    return applications.insert(db, {
      scope: cluster.scope,
      caller,
      source: 'emr',
      sourceId,
      submission,
      isListed: false,
    });
  }

  #fail(db: Transaction, cluster: Cluster, step: Step, message: string): void {
    const logFile = cluster.logUri && `${withSlash(cluster.logUri)}${cluster.id}/steps/${step.id}/stderr.gz`;
    const failure = { reason: 'Unknown Error.', message, ...(logFile !== undefined && { logFile }) };
    this.#moveStep(db, cluster, { ...step, state: 'FAILED', failure });
    const current = rows.selectCluster(db, cluster.id);
    if (step.actionOnFailure === 'CONTINUE' || current === undefined || current.state === 'TERMINATING') return;
    if (step.actionOnFailure === 'TERMINATE_CLUSTER' && !current.terminationProtected) {
      const reason = { code: 'STEP_FAILURE', message: `Shut down as step failed: ${step.name}` };
      return this.terminate(db, current, 'TERMINATED_WITH_ERRORS', reason);
    }
    for (const other of rows.selectOpenSteps(db, cluster.id)) {
      if (other.state === 'PENDING') this.cancel(db, current, other);
    }
  }

  #finish(db: Transaction, cluster: Cluster, steps: readonly Step[]): void {
    const { applications } = this.#parts;
    const bootstraps = cluster.bootstrapped < cluster.bootstrapActions.length;
    const isBusy =
      steps.length > 0 ||
      (bootstraps && applications.hasOpenSource(db, 'emr', bootstrapSource(cluster.id, cluster.bootstrapped)));
    if (isBusy || cluster.fate === undefined) return;
    const { state, ...reason } = cluster.fate;
    this.#move(db, cluster, state, reason);
  }

  #move(db: Transaction, cluster: Cluster, state: Cluster['state'], reason?: StateReason): Cluster {
    if (cluster.state === state) return cluster;
    const nowMs = this.#parts.clock.nowMs();
    const { idleSinceMs: _idle, reason: _before, ...rest } = cluster;
    const isReady = state === 'RUNNING' || state === 'WAITING';
    const isOver = state === 'TERMINATED' || state === 'TERMINATED_WITH_ERRORS';
    const moved: Cluster = {
      ...rest,
      state,
      ...(reason !== undefined && { reason }),
      ...(isReady && cluster.readyMs === undefined && { readyMs: nowMs }),
      ...(isOver && { endedMs: nowMs }),
      ...(state === 'WAITING' && { idleSinceMs: nowMs }),
    };
    rows.putCluster(db, moved);
    this.#parts.events.record(db, clusterEvent(moved, nowMs));
    return moved;
  }

  #moveStep(db: Transaction, cluster: Cluster, step: Step): void {
    const nowMs = this.#parts.clock.nowMs();
    const moved: Step = {
      ...step,
      ...(step.state === 'RUNNING' && { startedMs: nowMs }),
      ...(stepHasEnded(step) && { endedMs: nowMs }),
    };
    rows.putStep(db, moved);
    if (stepHasEnded(moved) && moved.applicationId !== undefined) {
      this.#parts.owesLogs(db, cluster, moved.applicationId, `steps/${moved.id}`);
    }
    this.#parts.events.record(db, stepEvent(cluster, moved, nowMs));
  }
}

export function withSlash(uri: string): string {
  return uri.endsWith('/') ? uri : `${uri}/`;
}
