import { randomInt } from 'node:crypto';
import type { Capability } from '#capability';
import type { Dispatcher } from '#gateway';
import type { Connections } from '#events';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import type { Logs } from '#logs';
import type { ParquetRows } from '#query';
import { createWorkflowsApi } from './api/index.ts';
import { Executions } from './execution/executions.ts';
import type { OpenBounds } from './execution/open-executions.ts';
import { ExecutionLog } from './logging/execution-log.ts';
import { Activities } from './machines/activities.ts';
import { Deletions } from './machines/deletions.ts';
import { Machines } from './machines/machines.ts';
import { Pointers } from './machines/pointers.ts';
import { workflowResources } from './resources.ts';
import { ResultModels } from './teststate/result-schema.ts';

export interface WorkflowsParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  readonly logs: Logs;
  readonly dispatcher: Dispatcher;
  readonly connections: Pick<Connections, 'authorize'>;
  /** Absent where there is no engine for them. */
  readonly parquetRows?: ParquetRows;
  readonly openBounds?: OpenBounds;
}

export interface WorkflowsCapability {
  readonly executions: Executions;
  readonly capability: Capability;
}

export function createWorkflows(parts: WorkflowsParts): WorkflowsCapability {
  const { state, clock, logs, connections } = parts;
  const log = parts.log.with({ part: 'workflows' });
  const executionLog = new ExecutionLog({ logs, clock, log });
  const executions = new Executions({
    ...parts,
    log,
    random,
    connections,
    observe: (run, events) => executionLog.record(run, events),
  });
  const machines = new Machines(state, clock);
  const pointers = new Pointers(state, clock);
  const activities = new Activities(state, clock);
  const deletions = new Deletions({ state, log, machines, executions });
  const stateTests = {
    models: new ResultModels(),
    nowMs: () => clock.nowMs(),
    random,
    executions,
  };
  const face = { machines, pointers, activities, deletions, executions, stateTests, clock, random };
  const capability: Capability = {
    name: 'workflows',
    apis: [createWorkflowsApi(face)],
    resources: workflowResources,
    start() {
      executions.resume();
      deletions.start();
    },
    async stop() {
      await deletions.stop();
      await executions.close();
      await executionLog.stop();
    },
  };
  return { executions, capability };
}

/** In [0, 1). */
function random(): number {
  return randomInt(2 ** 47) / 2 ** 47;
}
