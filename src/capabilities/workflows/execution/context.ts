/** The context object of a thread, `$$` and `$states.context`, and the scope its expressions see. */
import type { Json, JsonObject, Scope } from '#languages/asl/index';
import type { Run } from './run.ts';
import type { Thread } from './thread.ts';

export interface Chance {
  readonly nowMs: () => number;
  readonly random: () => number;
}

/** What `$` starts from and what the names mean for this thread as it stands. */
export function scopeOf(run: Run, thread: Thread, chance: Chance, extra?: ContextExtra): Scope {
  let context: JsonObject | undefined;
  return {
    get input() {
      return thread.input.value;
    },
    get context() {
      context ??= contextOf(run, thread, extra);
      return context;
    },
    variable: (name) => findVariable(thread, name),
    variableNames: () => variableNames(thread),
    nowMs: chance.nowMs,
    random: chance.random,
  };
}

export interface ContextExtra {
  readonly token?: string;
  readonly item?: { readonly index: number; readonly value: Json };
}

function contextOf(run: Run, thread: Thread, extra: ContextExtra = {}): JsonObject {
  const { arn, name, input, startedMs, revision } = run.origin;
  const state = thread.flow.states.get(thread.state);
  const item = extra.item ?? itemOf(thread);
  return {
    Execution: {
      Id: arn,
      Input: input.value,
      StartTime: new Date(startedMs).toISOString(),
      Name: name,
      RoleArn: revision.roleArn,
      ...(revision.type === 'STANDARD' && { RedriveCount: run.redriveCount }),
      ...(run.redrivenMs !== undefined && { RedriveTime: new Date(run.redrivenMs).toISOString() }),
    },
    StateMachine: {
      Id: revision.machineArn,
      Name: revision.machineName,
    },
    State: {
      Name: thread.state,
      EnteredTime: new Date(thread.enteredMs).toISOString(),
      ...(state !== undefined && 'retry' in state && { RetryCount: thread.retryCount }),
    },
    ...(extra.token !== undefined && { Task: { Token: extra.token } }),
    ...(item !== undefined && { Map: { Item: { Index: item.index, Value: item.value } } }),
  };
}

/** The item of the innermost Map around a thread. */
function itemOf(thread: Thread): { index: number; value: Json } | undefined {
  for (let at: Thread | undefined = thread; at !== undefined; at = at.parent) if (at.item !== undefined) return at.item;
  return undefined;
}

function findVariable(thread: Thread, name: string): Json | undefined {
  for (let at: Thread | undefined = thread; at !== undefined; at = at.parent) {
    if (Object.hasOwn(at.variables, name)) return at.variables[name];
  }
  return undefined;
}

function* variableNames(thread: Thread): Iterable<string> {
  const seen = new Set<string>();
  for (let at: Thread | undefined = thread; at !== undefined; at = at.parent) {
    for (const name of Object.keys(at.variables)) {
      if (seen.has(name)) continue;
      seen.add(name);
      yield name;
    }
  }
}

/** `{ Error, Cause }`, as a catcher sees a failure. */
export function errorOutputOf(error: string | undefined, cause: string | undefined): JsonObject {
  return { Error: error ?? '', Cause: cause ?? '' };
}
