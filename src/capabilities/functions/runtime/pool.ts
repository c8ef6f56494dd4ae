/**
 * Sandboxes kept warm: an idle one of the same version is used again, the one used last first; a new one is started
 * while there is room; else an idle one of another function gives way, or the invocation waits for its turn.
 */
import type { Clock, Timer } from '#kernel/clock';
import type { Log } from '#kernel/log';
import { throttled } from '../errors.ts';
import type { Sandbox } from './sandbox.ts';

export interface PoolOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Processes at once. */
  readonly sandboxesMax: number;
  /** An idle sandbox ends after this time. */
  readonly idleMs: number;
}

interface Member {
  readonly key: string;
  readonly sandbox: Sandbox;
  reaper?: Timer;
}

interface Waiter {
  readonly wake: () => void;
  readonly refuse: (error: Error) => void;
}

// Limit: invocations that wait for a sandbox; those beyond are throttled.
const waitingMax = 10_000;

export class Pool {
  readonly #options: PoolOptions;
  /** Idle ones, the one used last at the end. */
  readonly #idle: Member[] = [];
  readonly #busy = new Set<Member>();
  /** Busy ones that are not to be used again. */
  readonly #retired = new Set<Member>();
  readonly #ending = new Set<Promise<void>>();
  readonly #waiters: Waiter[] = [];
  #starting = 0;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get sizes(): { idle: number; busy: number; waiting: number } {
    return { idle: this.#idle.length, busy: this.#busy.size + this.#starting, waiting: this.#waiters.length };
  }

  /**
   * @param key of the version and its configuration
   * @param start makes a new one
   * @param aliveUntilMs the sandbox's credentials must last as long
   * @throws TooManyRequestsException when too many wait already
   */
  async acquire(key: string, start: () => Promise<Sandbox>, aliveUntilMs: number): Promise<Sandbox> {
    for (;;) {
      const warm = this.#takeIdle(key, aliveUntilMs);
      if (warm !== undefined) return warm;
      if (this.#hasRoom()) return this.#start(key, start);
      await this.#turn();
    }
  }

  /** Gives a sandbox back. One that is not usable is ended. */
  release(sandbox: Sandbox): void {
    const member = [...this.#busy].find((each) => each.sandbox === sandbox);
    if (member === undefined) return;
    this.#busy.delete(member);
    if (sandbox.isUsable && !this.#isClosed && !this.#retired.has(member)) {
      member.reaper = this.#options.clock.setTimer(this.#options.idleMs, () => this.#reap(member));
      this.#idle.push(member);
    } else {
      this.#retired.delete(member);
      this.#endMember(member);
    }
    this.#waiters.shift()?.wake();
  }

  /** Ends a sandbox that was acquired and is of no use. */
  drop(sandbox: Sandbox): void {
    for (const member of this.#busy) if (member.sandbox === sandbox) this.#retired.add(member);
    this.release(sandbox);
  }

  /** Ends the sandboxes of a version; a busy one finishes its invocation first. */
  retire(matches: (key: string) => boolean): void {
    for (const member of this.#idle.filter(({ key }) => matches(key))) this.#reap(member);
    for (const member of this.#busy) if (matches(member.key)) this.#retired.add(member);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { refuse } of this.#waiters.splice(0)) refuse(throttled('ConcurrentInvocationLimitExceeded'));
    for (const member of this.#idle.splice(0)) this.#endMember(member);
    for (const member of this.#busy) this.#endMember(member);
    this.#busy.clear();
    await Promise.all(this.#ending);
  }

  #takeIdle(key: string, aliveUntilMs: number): Sandbox | undefined {
    for (let index = this.#idle.length - 1; index >= 0; index--) {
      const member = this.#idle[index]!;
      if (member.key !== key) continue;
      this.#idle.splice(index, 1);
      member.reaper?.cancel();
      if (member.sandbox.isUsable && member.sandbox.expiresMs > aliveUntilMs) {
        this.#busy.add(member);
        return member.sandbox;
      }
      this.#endMember(member);
    }
    return undefined;
  }

  #hasRoom(): boolean {
    const { sandboxesMax } = this.#options;
    if (this.#idle.length + this.#busy.size + this.#starting < sandboxesMax) return true;
    const oldest = this.#idle[0];
    if (oldest === undefined) return false;
    this.#reap(oldest);
    return true;
  }

  async #start(key: string, start: () => Promise<Sandbox>): Promise<Sandbox> {
    this.#starting++;
    try {
      const member: Member = { key, sandbox: await start() };
      if (this.#isClosed) {
        this.#endMember(member);
        throw throttled('ConcurrentInvocationLimitExceeded');
      }
      this.#busy.add(member);
      return member.sandbox;
    } catch (error) {
      this.#waiters.shift()?.wake();
      throw error;
    } finally {
      this.#starting--;
    }
  }

  // Differs from AWS: beyond functionConcurrency processes an invocation waits for its turn; it is not throttled. Functions
  // that wait for one another more deeply than that wait until one of them times out.
  #turn(): Promise<void> {
    if (this.#isClosed || this.#waiters.length >= waitingMax) throw throttled('ConcurrentInvocationLimitExceeded');
    return new Promise((resolve, reject) => this.#waiters.push({ wake: resolve, refuse: reject }));
  }

  #reap(member: Member): void {
    const index = this.#idle.indexOf(member);
    if (index === -1) return;
    this.#idle.splice(index, 1);
    this.#endMember(member);
  }

  #endMember(member: Member): void {
    member.reaper?.cancel();
    const ending = member.sandbox
      .kill()
      .catch((error: unknown) => this.#options.log.warn('a sandbox did not end', { error }))
      .then(() => void this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
