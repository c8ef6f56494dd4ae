/** Event buses: made, described, opened to others, and removed. */
import type { Clock } from '#kernel/clock';
import { busAbsent, busStatementAbsent, validation } from '../errors.ts';
import type { BusStore } from '../store/buses.ts';
import { withTags, withoutTags, type Tags } from '../tags.ts';
import { checkDeadLetterQueue } from '../targets/dead-letters.ts';
import {
  checkBusName,
  checkPolicy,
  defaultBus,
  withStatement,
  withoutStatement,
  type Bus,
  type BusAddress,
} from './bus.ts';

export interface BusSettings {
  readonly description?: string | undefined;
  readonly deadLetterArn?: string | undefined;
}

export class Buses {
  readonly #store: BusStore;
  readonly #clock: Clock;

  constructor(store: BusStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  has({ scope, bus }: BusAddress): boolean {
    return this.#store.find(scope, bus) !== undefined;
  }

  /** @throws ResourceNotFoundException */
  get({ scope, bus }: BusAddress): Bus {
    const found = this.#store.find(scope, bus);
    if (found === undefined) throw busAbsent(bus);
    return found;
  }

  list(scope: string, prefix = ''): Bus[] {
    return this.#store.list(scope).filter(({ name }) => name.startsWith(prefix));
  }

  /** @throws ValidationException, ResourceAlreadyExistsException, LimitExceededException */
  async create(scope: string, name: string, settings: BusSettings, tags: Tags): Promise<Bus> {
    checkBusName(name);
    const nowMs = this.#clock.nowMs();
    const bus = { name, ...checked(settings), createdMs: nowMs, modifiedMs: nowMs };
    await this.#store.insert(scope, bus, tags);
    return bus;
  }

  update({ scope, bus }: BusAddress, settings: BusSettings): Promise<Bus> {
    const after = checked(settings);
    return this.#change({ scope, bus }, (before) => ({ ...before, ...after }));
  }

  /** @throws ValidationException for the default bus, and while the bus has rules */
  async delete({ scope, bus }: BusAddress): Promise<void> {
    if (bus === defaultBus) throw validation('Cannot delete event bus default.');
    await this.#store.delete(scope, bus);
  }

  // Differs from AWS: the policy of a bus is kept and given back, and not evaluated.
  /** @throws ValidationException, PolicyLengthExceededException */
  async putPolicy(address: BusAddress, policy: string): Promise<void> {
    checkPolicy(policy);
    await this.#change(address, (bus) => ({ ...bus, policy }));
  }

  async addStatement(address: BusAddress, statement: object): Promise<void> {
    await this.#change(address, (bus) => ({ ...bus, policy: withStatement(bus.policy, statement) }));
  }

  async removePolicy(address: BusAddress): Promise<void> {
    await this.#change(address, ({ policy: _, ...bus }) => bus);
  }

  /** @throws ResourceNotFoundException when there is no such statement */
  async removeStatement(address: BusAddress, sid: string): Promise<void> {
    await this.#change(address, ({ policy, ...bus }) => {
      const left = policy === undefined ? policy : withoutStatement(policy, sid);
      if (left === policy) throw busStatementAbsent(address.bus, sid);
      return left === undefined ? bus : { ...bus, policy: left };
    });
  }

  getTags({ scope, bus }: BusAddress): Tags {
    return this.#store.getTags(scope, bus);
  }

  addTags({ scope, bus }: BusAddress, tags: Tags): Promise<void> {
    return this.#store.changeTags(scope, bus, (before) => withTags(before, tags));
  }

  removeTags({ scope, bus }: BusAddress, keys: readonly string[]): Promise<void> {
    return this.#store.changeTags(scope, bus, (before) => withoutTags(before, keys));
  }

  #change({ scope, bus }: BusAddress, change: (bus: Bus) => Bus): Promise<Bus> {
    return this.#store.change(scope, bus, (before) => ({ ...change(before), modifiedMs: this.#clock.nowMs() }));
  }
}

function checked({ description, deadLetterArn }: BusSettings): Pick<Bus, 'description' | 'deadLetterArn'> {
  if (deadLetterArn !== undefined) checkDeadLetterQueue(deadLetterArn);
  return {
    ...(description !== undefined && { description }),
    ...(deadLetterArn !== undefined && { deadLetterArn }),
  };
}
