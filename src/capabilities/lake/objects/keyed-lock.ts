/** Mutual exclusion by name: one holder at a time, the others in the order they came. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  async hold<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tails.set(name, promise);
    if (before !== undefined) await before;
    try {
      return await work();
    } finally {
      if (this.#tails.get(name) === promise) this.#tails.delete(name);
      resolve();
    }
  }

  /** Holds several names, always taken in the same order so that two callers cannot wait for each other. */
  holdAll<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const [first, ...rest] = [...new Set(names)].sort();
    if (first === undefined) return work();
    return this.hold(first, () => this.holdAll(rest, work));
  }
}
