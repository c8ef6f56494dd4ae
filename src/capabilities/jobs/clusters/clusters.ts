/** Clusters and their steps: what the API asks for. What follows from it is in `course.ts`. */
import { roleCaller } from '#access';
import { gzipSync } from 'node:zlib';
import type { Dispatcher } from '#gateway';
import type { Clock, Timer } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { Log } from '#kernel/log';
import { Outbox } from '#kernel/outbox';
import { growingPause } from '#kernel/retry';
import type { State, Transaction } from '#kernel/state';
import { findS3Uri } from '#lake';
import type { Applications } from '../applications/applications.ts';
import { emrInvalid, emrRefused } from '../errors.ts';
import * as rows from '../store/clusters.ts';
import { clusterHasEnded, openStates, type Cluster } from './cluster.ts';
import { clusterEvent } from './cluster-event.ts';
import { Course, withSlash } from './course.ts';
import { newStepId, stepHasEnded, type Step } from './step.ts';

export interface ClustersParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly dispatcher: Dispatcher;
  readonly applications: Applications;
}

export type StepRequest = Pick<Step, 'name' | 'actionOnFailure' | 'command' | 'executionRole' | 'token'>;

/** The logs of a step or bootstrap action that its cluster's LogUri is owed. */
interface OwedLogs {
  readonly clusterId: string;
  readonly applicationId: number;
  /** Below the cluster's own. */
  readonly folder: string;
}

// Limit: a cluster has at most 256 steps that wait or run, as on AWS.
const openStepsMax = 256;
const logTriesMax = 5;
const logPauseMaxMs = 3_600_000;

export class Clusters {
  readonly #parts: ClustersParts;
  readonly #course: Course;
  readonly #logs: Outbox<OwedLogs>;
  readonly #idleTimers = new Map<string, Timer>();

  constructor(parts: ClustersParts) {
    const { state, clock, log } = parts;
    this.#parts = parts;
    this.#logs = new Outbox<OwedLogs>({
      state,
      clock,
      log,
      box: 'jobs-step-logs',
      concurrency: 2,
      deliver: ({ payload }, signal) => this.#deliverLogs(payload, signal),
      retryAfterMs: ({ attempts }) => (attempts < logTriesMax ? growingPause(attempts, logPauseMaxMs) : undefined),
      giveUp: (_db, { payload }, error) => log.warn('the logs of a step were not delivered', { ...payload, error }),
    });
    this.#course = new Course({
      ...parts,
      owesLogs: (db, { id: clusterId, logUri }, applicationId, folder) => {
        if (logUri !== undefined) this.#logs.add(db, { clusterId, applicationId, folder });
      },
    });
    parts.applications.observe((db, application) => this.#course.follow(db, application));
    parts.events.subscribe(({ source, detail }) => {
      if (source === 'aws.emr' && typeof detail['clusterId'] === 'string') this.#watchIdle(detail['clusterId']);
    });
  }

  /** @returns the cluster, or the one that was made with the same creation token */
  async runCluster(cluster: Cluster, steps: readonly StepRequest[]): Promise<Cluster> {
    const made = await this.#parts.state.write((db) => {
      const { scope, token } = cluster;
      const before = token === undefined ? undefined : rows.selectClusterByToken(db, scope, token);
      if (before !== undefined) return before;
      rows.putCluster(db, cluster);
      this.#parts.events.record(db, clusterEvent(cluster, cluster.createdMs));
      this.#addSteps(db, cluster, steps);
      return cluster;
    });
    await this.#parts.state.write((db) => this.#course.advance(db, made.id));
    return made;
  }

  /** @throws InvalidRequestException */
  getCluster(scope: string, id: string): Cluster {
    return this.#cluster(this.#parts.state.reader as Transaction, scope, id);
  }

  listClusters(scope: string, before: number, limit: number): rows.Placed<Cluster>[] {
    return rows.selectClusters(this.#parts.state.reader, scope, before, limit);
  }

  /** @throws InvalidRequestException when it is unknown, ValidationException when it has ended */
  async change(scope: string, id: string, change: (cluster: Cluster) => Partial<Cluster>): Promise<Cluster> {
    const changed = await this.#parts.state.write((db) => {
      const before = this.#cluster(db, scope, id);
      if (clusterHasEnded(before)) throw emrRefused(`Cluster ${id} has terminated and may not be modified.`);
      const after = { ...before, ...change(before) };
      rows.putCluster(db, after);
      this.#course.advance(db, id);
      return after;
    });
    this.#watchIdle(id);
    return changed;
  }

  /** Tags may be changed behind the end too. */
  async changeTags(scope: string, id: string, change: (tags: Cluster['tags']) => Cluster['tags']): Promise<void> {
    await this.#parts.state.write((db) => {
      const before = this.#cluster(db, scope, id);
      rows.putCluster(db, { ...before, tags: change(before.tags) });
    });
  }

  /** All or none. @throws ValidationException when one of them is protected */
  async terminate(scope: string, ids: readonly string[]): Promise<void> {
    await this.#parts.state.write((db) => {
      const clusters = ids.map((id) => this.#cluster(db, scope, id));
      if (clusters.some((cluster) => cluster.terminationProtected && !clusterHasEnded(cluster))) {
        throw emrRefused('Could not shut down one or more job flows since they are termination protected.');
      }
      for (const cluster of clusters) {
        const reason = { code: 'USER_REQUEST', message: 'Terminated by user request' };
        this.#course.terminate(db, cluster, 'TERMINATED', reason);
      }
    });
  }

  /** @throws ValidationException when the cluster takes no more steps */
  addSteps(scope: string, id: string, steps: readonly StepRequest[]): Promise<string[]> {
    return this.#parts.state.write((db) => {
      const cluster = this.#cluster(db, scope, id);
      if (!openStates.includes(cluster.state)) {
        throw emrRefused('A job flow that is shutting down, terminated, or finished may not be modified.');
      }
      const ids = this.#addSteps(db, cluster, steps);
      this.#course.advance(db, id);
      return ids;
    });
  }

  /** @returns for each step undefined, or why it cannot be cancelled */
  cancelSteps(scope: string, clusterId: string, ids: readonly string[]): Promise<(string | undefined)[]> {
    return this.#parts.state.write((db) => {
      const cluster = this.#cluster(db, scope, clusterId);
      const reasons = ids.map((id) => {
        const step = this.#step(db, clusterId, id);
        if (stepHasEnded(step)) return `Cannot cancel step ${id} in state ${step.state}`;
        this.#course.cancel(db, cluster, step);
        return undefined;
      });
      this.#course.advance(db, clusterId);
      return reasons;
    });
  }

  /** @throws InvalidRequestException */
  getStep(scope: string, clusterId: string, id: string): Step {
    this.getCluster(scope, clusterId);
    return this.#step(this.#parts.state.reader as Transaction, clusterId, id);
  }

  listSteps(scope: string, clusterId: string, before: number, limit: number): rows.Placed<Step>[] {
    this.getCluster(scope, clusterId);
    return rows.selectSteps(this.#parts.state.reader, clusterId, before, limit);
  }

  async putSecurityConfiguration(scope: string, name: string, document: string): Promise<number> {
    const createdMs = this.#parts.clock.nowMs();
    await this.#parts.state.write((db) => {
      if (rows.insertSecurityConfiguration(db, scope, { name, createdMs, document })) return;
      throw emrInvalid(`Security configuration with name '${name}' already exists.`);
    });
    return createdMs;
  }

  listSecurityConfigurations(scope: string): rows.SecurityConfiguration[] {
    return rows.selectSecurityConfigurations(this.#parts.state.reader, scope);
  }

  /** @throws InvalidRequestException */
  getSecurityConfiguration(scope: string, name: string): rows.SecurityConfiguration {
    const found = this.listSecurityConfigurations(scope).find((entry) => entry.name === name);
    if (found === undefined) throw emrInvalid(`Security configuration with name '${name}' does not exist.`);
    return found;
  }

  async deleteSecurityConfiguration(scope: string, name: string): Promise<void> {
    this.getSecurityConfiguration(scope, name);
    await this.#parts.state.write((db) => rows.deleteSecurityConfiguration(db, scope, name));
  }

  /** Goes on with what a crash interrupted, once the applications are settled. */
  async resume(): Promise<void> {
    this.#logs.start();
    for (const { id } of rows.selectOpenClusters(this.#parts.state.reader)) {
      await this.#parts.state.write((db) => this.#course.advance(db, id));
      this.#watchIdle(id);
    }
  }

  async close(): Promise<void> {
    for (const timer of this.#idleTimers.values()) timer.cancel();
    this.#idleTimers.clear();
    await this.#logs.stop();
  }

  #addSteps(db: Transaction, cluster: Cluster, steps: readonly StepRequest[]): string[] {
    if (rows.selectOpenSteps(db, cluster.id).length + steps.length > openStepsMax) {
      throw emrRefused(
        `Maximum number of active steps(State = 'Running', 'Pending' or 'Cancel_Pending') for cluster exceeded.`,
      );
    }
    return steps.map((request) => {
      const { token } = request;
      const before = token === undefined ? undefined : rows.selectStepByToken(db, cluster.id, token);
      if (before !== undefined) return before.id;
      if (request.actionOnFailure === 'CANCEL_AND_WAIT' && cluster.stepConcurrency > 1) {
        throw emrRefused('ActionOnFailure CANCEL_AND_WAIT needs a StepConcurrencyLevel of 1.');
      }
      const createdMs = this.#parts.clock.nowMs();
      const step: Step = { ...request, id: newStepId(), clusterId: cluster.id, state: 'PENDING', createdMs };
      this.#course.add(db, cluster, step);
      return step.id;
    });
  }

  #cluster(db: Transaction, scope: string, id: string): Cluster {
    const cluster = rows.selectCluster(db, id);
    if (cluster?.scope !== scope) throw emrInvalid(`Cluster id '${id}' is not valid.`);
    return cluster;
  }

  #step(db: Transaction, clusterId: string, id: string): Step {
    const step = rows.selectStep(db, id);
    if (step?.clusterId !== clusterId) throw emrInvalid(`Step id '${id}' is not valid.`);
    return step;
  }

  /** A cluster with an idle timeout ends when it has waited that long. */
  #watchIdle(id: string): void {
    this.#idleTimers.get(id)?.cancel();
    this.#idleTimers.delete(id);
    const cluster = rows.selectCluster(this.#parts.state.reader, id);
    if (cluster?.idleSinceMs === undefined || cluster.idleTimeoutSeconds === undefined) return;
    const { clock, state, log } = this.#parts;
    const dueMs = cluster.idleSinceMs + cluster.idleTimeoutSeconds * 1000;
    const timer = clock.setTimer(Math.max(0, dueMs - clock.nowMs()), () => {
      void state
        .write((db) => {
          const current = rows.selectCluster(db, id);
          if (current?.state !== 'WAITING' || current.idleSinceMs !== cluster.idleSinceMs) return;
          const reason = {
            code: 'USER_REQUEST',
            message: 'Terminated after the idle timeout of its auto-termination policy',
          };
          this.#course.terminate(db, current, 'TERMINATED', reason);
        })
        .catch((error: unknown) => log.error('an idle cluster could not be terminated', { id, error }));
    });
    this.#idleTimers.set(id, timer);
  }

  async #deliverLogs({ clusterId, applicationId, folder }: OwedLogs, signal: AbortSignal): Promise<void> {
    const { state, applications, dispatcher } = this.#parts;
    const cluster = rows.selectCluster(state.reader, clusterId);
    const uri = findS3Uri(cluster?.logUri ?? '');
    if (cluster === undefined || uri === undefined) return;
    const [accountId = '', region = ''] = cluster.scope.split('/');
    const role = cluster.jobFlowRole;
    const caller = role === undefined ? cluster.caller : roleCaller(role, accountId, cluster.id);
    const prefix = uri.key === '' ? '' : withSlash(uri.key);
    for (const name of ['stdout', 'stderr'] as const) {
      await dispatcher.call(
        's3',
        'PutObject',
        {
          Bucket: uri.bucket,
          Key: `${prefix}${clusterId}/${folder}/${name}.gz`,
          Body: gzipSync(applications.readOutput(applicationId, name)),
        },
        { caller, region, signal, invokedBy: 'elasticmapreduce.amazonaws.com' },
      );
    }
  }
}
