/** The deployments that run: one for each stack at a time, taken up again after a restart. */
import { Deployment, type Halt } from './deployment.ts';
import type { Site } from './site.ts';
import type { Stack } from '../stack.ts';

interface Running {
  readonly deployment: Deployment;
  readonly ended: Promise<void>;
}

/** Steps in hand are given this long to end when the platform stops. */
const stopGraceMs = 3000;

export class Deployments {
  readonly #site: Site;
  readonly #running = new Map<string, Running>();
  #isStopped = false;

  constructor(site: Site) {
    this.#site = site;
  }

  /** Goes on with every operation that the state holds. */
  resume(): void {
    for (const { stackId } of this.#site.store.read.listOperations()) {
      this.#site.log.info('a stack operation goes on after a restart', { stack: stackId });
      this.start(stackId);
    }
  }

  /** Carries out the operation that was just written for this stack, after the one in hand if there is one. */
  start(stackId: string): void {
    if (this.#isStopped) return;
    const before = this.#running.get(stackId);
    const deployment = new Deployment(this.#site, stackId);
    const ended = (before?.ended ?? Promise.resolve())
      .then(() => deployment.run())
      .catch((error: unknown) => this.#report(stackId, error))
      .finally(() => {
        if (this.#running.get(stackId)?.deployment === deployment) this.#running.delete(stackId);
      });
    this.#running.set(stackId, { deployment, ended });
  }

  /** Ends the run in hand at the next step. */
  halt(stackId: string, why: Halt): void {
    this.#running.get(stackId)?.deployment.halt(why);
  }

  /** Resolves with the stack as it is once nothing runs on it. */
  async wait(stackId: string, signal?: AbortSignal): Promise<Stack | undefined> {
    for (;;) {
      const running = this.#running.get(stackId);
      if (running === undefined) return this.#site.store.read.findStack(stackId);
      await Promise.race([running.ended, aborted(signal)]);
      signal?.throwIfAborted();
    }
  }

  /** Lets the steps in hand end; what is left goes on after the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const all = [...this.#running.values()];
    for (const { deployment } of all) deployment.halt('stopping');
    const ended = Promise.all(all.map((running) => running.ended));
    const grace = this.#site.clock.setTimer(stopGraceMs, () => {
      for (const { deployment } of all) deployment.abort();
    });
    const patience = new Promise<void>((resolve) => {
      const last = this.#site.clock.setTimer(stopGraceMs * 1.5, resolve);
      void ended.finally(() => last.cancel());
    });
    await Promise.race([ended, patience]);
    grace.cancel();
  }

  #report(stackId: string, error: unknown): void {
    if (!this.#isStopped) this.#site.log.error('a stack operation could not go on', { error, stack: stackId });
  }
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
