/** Runs one step for each name of a graph: what a name depends on first, the rest side by side. */

export interface GraphRun {
  /** Names whose step answered false. */
  readonly failed: readonly string[];
  /** Names that were never begun, because something they need failed or the run was told to stop. */
  readonly skipped: readonly string[];
}

export interface GraphRunOptions {
  /** Steps at one time. */
  readonly width: number;
  /** Asked before each step; what runs already is always waited for. */
  mayStart(): boolean;
}

/**
 * @param dependencies without circles; names outside the map count as done
 * @param step answers whether it worked; when it throws, the run ends with that error once all others have settled
 */
export async function runGraph(
  dependencies: ReadonlyMap<string, readonly string[]>,
  step: (name: string) => Promise<boolean>,
  options: GraphRunOptions,
): Promise<GraphRun> {
  const open = new Map(
    [...dependencies].map(([name, needed]) => [name, new Set(needed.filter((other) => dependencies.has(other)))]),
  );
  const dependents = invert(dependencies);
  const ready = [...open].filter(([, needed]) => needed.size === 0).map(([name]) => name);
  const failed: string[] = [];
  const errors: unknown[] = [];
  const begun = new Set<string>();
  const running = new Set<Promise<void>>();
  const finish = (name: string): void => {
    for (const dependent of dependents.get(name) ?? []) {
      const needed = open.get(dependent);
      if (needed?.delete(name) && needed.size === 0) ready.push(dependent);
    }
  };
  const start = (name: string): void => {
    begun.add(name);
    const run = step(name)
      .then(
        (worked) => (worked ? finish(name) : void failed.push(name)),
        (error: unknown) => void errors.push(error),
      )
      .finally(() => running.delete(run));
    running.add(run);
  };
  for (;;) {
    while (ready.length > 0 && running.size < options.width && errors.length === 0 && options.mayStart()) {
      const name = ready.shift();
      if (name !== undefined) start(name);
    }
    if (running.size === 0) break;
    await Promise.race(running);
  }
  if (errors.length > 0) throw errors[0];
  return { failed, skipped: [...dependencies.keys()].filter((name) => !begun.has(name)) };
}

/** Who depends on whom, the other way round: the order in which things go away. */
export function invert(dependencies: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const inverted = new Map<string, string[]>([...dependencies.keys()].map((name) => [name, []]));
  for (const [name, needed] of dependencies) for (const other of needed) inverted.get(other)?.push(name);
  return inverted;
}
