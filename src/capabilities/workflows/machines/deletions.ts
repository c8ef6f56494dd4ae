/**
 * The deletion of a machine takes as long as its executions: it is DELETING, its executions end as ABORTED, and then
 * it goes with its versions and aliases. A stop of the platform in between is made up for at the next start.
 */
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { isPlatformError } from '#kernel/errors';
import type { Executions } from '../execution/executions.ts';
import { arnOf } from './machine.ts';
import type { Machines } from './machines.ts';
import { listDeleting, removeMachine, type StoredMachine } from './store.ts';

export interface DeletionsParts {
  readonly state: State;
  readonly log: Log;
  readonly machines: Machines;
  readonly executions: Executions;
}

const pageSize = 1000;

export class Deletions {
  readonly #parts: DeletionsParts;
  readonly #underWay = new Set<Promise<void>>();

  constructor(parts: DeletionsParts) {
    this.#parts = parts;
  }

  /** Takes up what a stop interrupted. */
  start(): void {
    for (const machine of listDeleting(this.#parts.state.reader)) this.#run(machine);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Begins the deletion; a machine without open executions is gone when this resolves. */
  async delete(scope: string, name: string): Promise<void> {
    const machine = await this.#parts.machines.markDeleting(scope, name);
    if (machine === undefined) return;
    if (machine.type === 'EXPRESS' || this.#parts.executions.countOpen(arnOf(machine)) === 0) {
      await this.#remove(machine);
    } else {
      this.#run(machine);
    }
  }

  #run(machine: StoredMachine): void {
    const work = this.#end(machine)
      .catch((error: unknown) => {
        this.#parts.log.error('a state machine could not be deleted', { error, machine: arnOf(machine) });
      })
      .finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  async #end(machine: StoredMachine): Promise<void> {
    const { executions } = this.#parts;
    const filter = { machineArn: arnOf(machine), status: 'RUNNING' } as const;
    for (let before = Infinity; ;) {
      const { items } = executions.listExecutions(filter, { sizeMax: pageSize });
      const left = executions.countOpen(arnOf(machine));
      if (items.length === 0 || left >= before) break;
      before = left;
      await Promise.all(items.map(({ arn }) => this.#abort(arn)));
    }
    await this.#remove(machine);
  }

  /** An execution that ended meanwhile needs no stop. */
  async #abort(arn: string): Promise<void> {
    try {
      await this.#parts.executions.stop(arn);
    } catch (error) {
      if (!isPlatformError(error)) throw error;
    }
  }

  async #remove(machine: StoredMachine): Promise<void> {
    await this.#parts.state.write((db) => removeMachine(db, machine.id));
  }
}
