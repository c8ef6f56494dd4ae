/** Queues: making, changing and finding them. */
import type { Clock } from '#kernel/clock';
import type { Bells } from './bells.ts';
import type { Log } from '#kernel/log';
import type { Db, Transaction } from '#kernel/state';
import { badParameter, badValue, unsupported } from './errors.ts';
import type { Messages } from './messages.ts';
import { addPermission, removePermission, type Permission } from './permission.ts';
import { checkSame, computedAttributes, mergeAttributes, shownAttributes } from './queue-attributes.ts';
import {
  checkName,
  findAddressOfArn,
  queueArn,
  readRedrivePolicy,
  settingsOf,
  type Queue,
  type QueueAddress,
  type Tags,
} from './queue.ts';
import type { QueueStore } from './store/queues.ts';

type Attributes = Readonly<Record<string, string>>;

// Limit: a queue has at most 50 tags.
const tagsMax = 50;

export interface QueuesParts {
  readonly store: QueueStore;
  readonly messages: Messages;
  readonly bells: Bells;
  readonly clock: Clock;
  readonly log: Log;
}

export class Queues {
  readonly #parts: QueuesParts;

  constructor(parts: QueuesParts) {
    this.#parts = parts;
  }

  /**
   * Makes the queue, or finds the one that is there with the same attributes.
   * Differs from AWS: a name is free at once when its queue was deleted, not after 60 seconds.
   * @throws QueueNameExists when one is there with other attributes
   */
  create(address: QueueAddress, asked: Attributes, tags: Tags): Promise<void> {
    const { store, clock } = this.#parts;
    const isFifo = asked['FifoQueue'] === 'true';
    return store.write((db) => {
      const existing = store.find(address, db);
      if (existing !== undefined) return checkSame(shownAttributes(existing.attributes), asked);
      checkName(address.name, isFifo);
      checkTags(tags);
      const attributes = mergeAttributes({}, asked, isFifo);
      this.#checkRedrive(db, address, attributes);
      const nowMs = clock.nowMs();
      store.insert(db, { ...address, createdMs: nowMs, modifiedMs: nowMs, attributes, tags });
    });
  }

  /** @throws QueueDoesNotExist */
  get(address: QueueAddress): Queue {
    return this.#parts.store.get(address);
  }

  /** By name, from behind `after` on. */
  list(scope: string, prefix: string, after: string, limit: number): Queue[] {
    return this.#parts.store.list(scope, prefix, after, limit);
  }

  /** Queues of the same account and region that give up their messages to this one. */
  listSources(address: QueueAddress, after: string, limit: number): Queue[] {
    this.get(address);
    return this.#parts.store.listSources(address.scope, queueArn(address), after, limit);
  }

  async setAttributes(address: QueueAddress, changes: Attributes): Promise<void> {
    await this.#change(address, (queue, db) => {
      const isFifo = queue.attributes['FifoQueue'] === 'true';
      if ('FifoQueue' in changes && changes['FifoQueue'] !== String(isFifo))
        throw badValue('FifoQueue', changes['FifoQueue'] ?? '', 'Modifying queue type is not supported.');
      const { FifoQueue: _type, ...others } = changes;
      const attributes = mergeAttributes(queue.attributes, others, isFifo);
      if ('RedrivePolicy' in others) this.#checkRedrive(db, address, attributes);
      return attributes;
    });
  }

  /** Every attribute that was asked for, computed ones too; counting is left out where nobody asked. */
  async attributes(address: QueueAddress, names: readonly string[]): Promise<Record<string, string>> {
    const queue = this.get(address);
    const isWanted = (name: string): boolean => names.includes('All') || names.includes(name);
    const shown = { ...shownAttributes(queue.attributes), ...factsOf(queue) };
    const attributes = Object.fromEntries(Object.entries(shown).filter(([name]) => isWanted(name)));
    if (!computedAttributes.some((name) => name.startsWith('Approximate') && isWanted(name))) return attributes;
    const { visible, inFlight, delayed } = await this.#parts.messages.count(queue);
    const counts = {
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
    };
    return { ...attributes, ...Object.fromEntries(Object.entries(counts).filter(([name]) => isWanted(name))) };
  }

  /** Resolves once the queue is gone; its messages are cleared away behind that. */
  async delete(address: QueueAddress): Promise<void> {
    const { store, messages, bells, log } = this.#parts;
    const { id } = await store.write((db) => {
      const queue = store.get(address, db);
      store.delete(db, queue.id);
      return queue;
    });
    // Who waits for its messages learns that there will be none.
    bells.ring(address);
    void messages
      .clear(id)
      .catch((error: unknown) => log.warn('the messages of a deleted queue are cleared at the next start', { error }));
  }

  /** Differs from AWS: a queue may be purged again at once, not only after 60 seconds. */
  purge(address: QueueAddress): Promise<void> {
    return this.#parts.messages.purge(this.get(address));
  }

  async addPermission(address: QueueAddress, permission: Permission): Promise<void> {
    await this.#change(address, ({ attributes }) => addPermission(attributes, queueArn(address), permission));
  }

  async removePermission(address: QueueAddress, label: string): Promise<void> {
    await this.#change(address, ({ attributes }) => removePermission(attributes, label));
  }

  changeTags(address: QueueAddress, change: (tags: Tags) => Tags): Promise<void> {
    const { store } = this.#parts;
    return store.write((db) => {
      const queue = store.get(address, db);
      store.setTags(db, queue.id, checkTags(change(queue.tags)));
    });
  }

  #change(address: QueueAddress, change: (queue: Queue, db: Transaction) => Attributes): Promise<void> {
    const { store, clock } = this.#parts;
    return store.write((db) => {
      const queue = store.get(address, db);
      store.update(db, { ...queue, attributes: change(queue, db), modifiedMs: clock.nowMs() });
    });
  }

  /** @throws InvalidParameterValue when the dead letter queue is not there, of another type or does not allow it */
  #checkRedrive(db: Db, source: QueueAddress, attributes: Attributes): void {
    const text = attributes['RedrivePolicy'];
    if (text === undefined) return;
    const target = findAddressOfArn(readRedrivePolicy(text).deadLetterTargetArn);
    const queue = target === undefined ? undefined : this.#parts.store.find(target, db);
    if (queue === undefined) throw badValue('RedrivePolicy', text, 'Dead letter target does not exist.');
    if (settingsOf(queue).isFifo !== (attributes['FifoQueue'] === 'true'))
      throw badValue('RedrivePolicy', text, 'Dead-letter queue must be same type of queue as the source.');
    if (!allowsSource(queue.attributes['RedriveAllowPolicy'], queueArn(source)))
      throw badValue('RedrivePolicy', text, "Dead-letter queue's RedriveAllowPolicy does not allow this source queue.");
  }
}

function factsOf(queue: Queue): Record<string, string> {
  return {
    QueueArn: queueArn(queue),
    CreatedTimestamp: String(Math.floor(queue.createdMs / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedMs / 1000)),
  };
}

function allowsSource(policy: string | undefined, sourceArn: string): boolean {
  if (policy === undefined) return true;
  const { redrivePermission, sourceQueueArns = [] } = JSON.parse(policy) as {
    redrivePermission: string;
    sourceQueueArns?: string[];
  };
  return redrivePermission === 'allowAll' || (redrivePermission === 'byQueue' && sourceQueueArns.includes(sourceArn));
}

function checkTags(tags: Tags): Tags {
  const entries = Object.entries(tags);
  if (entries.length > tagsMax)
    throw unsupported(`Too many tags added for queue: ${entries.length}; at most ${tagsMax}.`);
  for (const [key, value] of entries) {
    if (key === '' || key.length > 128 || value.length > 256)
      throw badParameter(
        `The tag '${key.slice(0, 130)}' is not valid: keys take 1 to 128 characters, values up to 256.`,
      );
  }
  return tags;
}
