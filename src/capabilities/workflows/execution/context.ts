/** The context object of a thread, `$$` and `$states.context`, and the scope its expressions see. */
import type { Json, JsonObject, Scope } from '#languages/asl/index';
import type { Run } from './run.ts';
import type { MapItem, Thread } from './thread.ts';

export interface Chance {
  readonly nowMs: () => number;
  readonly random: () => number;
}

/** What `$` starts from and what the names mean for this thread as it stands. */
export function scopeOf(run: Run, thread: Thread, chance: Chance, extra?: ContextExtra): Scope {
  return new ThreadScope(run, thread, chance, extra);
}

/** A class, since one is made for each step. Its fields are plain ones: a scope with a result inherits from another. */
class ThreadScope implements Scope {
  readonly run: Run;
  readonly thread: Thread;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly extra: ContextExtra | undefined;
  known: JsonObject | undefined;

  constructor(run: Run, thread: Thread, { nowMs, random }: Chance, extra: ContextExtra | undefined) {
    this.run = run;
    this.thread = thread;
    this.nowMs = nowMs;
    this.random = random;
    this.extra = extra;
  }

  get input(): Json {
    return this.thread.input.value;
  }

  get context(): JsonObject {
    this.known ??= contextOf(this.run, this.thread, this.extra);
    return this.known;
  }

  variable(name: string): Json | undefined {
    return findVariable(this.thread, name);
  }

  variableNames(): Iterable<string> {
    return variableNames(this.thread);
  }
}

export interface ContextExtra {
  readonly token?: string;
  readonly item?: MapItem;
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
    ...(item !== undefined && { Map: mapContextOf(item) }),
  };
}

/** What the context object says of the item at hand. */
export function mapContextOf({ index, value, source = 'STATE_DATA' }: MapItem): JsonObject {
  return { Item: { Index: index, Value: value, Source: source } };
}

/** The item of the innermost Map around a thread. */
function itemOf(thread: Thread): MapItem | undefined {
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
