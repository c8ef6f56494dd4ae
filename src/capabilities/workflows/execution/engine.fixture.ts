/** An engine over a state of its own, that a test can let crash and start again. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Dispatcher } from '#gateway';
import { FakeClock, SystemClock, type Clock } from '#kernel/clock';
import { EventHub } from '#kernel/events';
import { silentLog, type Log } from '#kernel/log';
import { outboxSchema } from '#kernel/outbox';
import { State } from '#kernel/state';
import type { Execution, MachineRevision } from './execution.ts';
import { Executions } from './executions.ts';
import type { OpenBounds } from './open-executions.ts';
import { executionSchema } from './store/schema.ts';

export const scope = '000000000000/us-east-1';

export type Call = (service: string, operation: string, input: Record<string, unknown>) => Promise<unknown>;

export interface TestEngine {
  readonly executions: Executions;
  readonly state: State;
  readonly events: EventHub;
  close(): Promise<void>;
}

export interface EngineOptions {
  readonly clock?: Clock;
  /** Answers what tasks call; absent: nothing is served. */
  readonly call?: Call;
  readonly eventsMax?: number;
  readonly openBounds?: OpenBounds;
  readonly log?: Log;
  /** Called behind each write of the journal. */
  readonly observe?: () => void;
}

export function startEngine(folder: string, options: EngineOptions = {}): TestEngine {
  const { clock = new SystemClock(), call, log = silentLog } = options;
  const state = State.open(join(folder, 'state.sqlite'), [outboxSchema, executionSchema]);
  const events = new EventHub(log, state);
  const dispatcher: Dispatcher = {
    call: async (service, operation, input) => await call?.(service, operation, input as Record<string, unknown>),
    serves: () => call !== undefined,
  };
  const { eventsMax, openBounds, observe } = options;
  const executions = new Executions({
    state,
    clock,
    log,
    events,
    dispatcher,
    random: () => 0.5,
    ...(observe !== undefined && { observe }),
    ...(eventsMax !== undefined && { eventsMax }),
    ...(openBounds !== undefined && { openBounds }),
  });
  executions.resume();
  return {
    executions,
    state,
    events,
    async close() {
      await executions.close();
      state.close();
    },
  };
}

export function revisionOf(definition: object, type: MachineRevision['type'] = 'STANDARD'): MachineRevision {
  return {
    machineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:m',
    machineName: 'm',
    type,
    roleArn: 'arn:aws:iam::000000000000:role/sfn',
    revisionId: createHash('sha256').update(JSON.stringify(definition)).digest('hex'),
    definition: JSON.stringify(definition),
  };
}

/** Waits until the execution has ended. Turns the hands of a fake clock meanwhile. */
export async function ended(engine: TestEngine, arn: string, clock?: FakeClock, stepMs = 1000): Promise<Execution> {
  for (let turns = 0; turns < 20_000; turns++) {
    const execution = engine.executions.getExecution(arn);
    if (execution.status !== 'RUNNING') return execution;
    clock?.advance(stepMs);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`${arn} did not end`);
}

/** The history as `id<previous Type`, a line each. */
export function outline(engine: TestEngine, arn: string): string[] {
  return engine.executions
    .history(arn, { sizeMax: 1000 })
    .items.map(({ id, previousEventId, type }) => `${id}<${previousEventId} ${type}`);
}
