/** Sending, receiving, deleting: what happens to the messages of a queue. */
import type { Clock } from '#kernel/clock';
import { isPlatformError, type PlatformError } from '#kernel/errors';
import { newSecret, newUuid } from '#kernel/ids';
import type { State, Transaction } from '#kernel/state';
import { md5 } from './attribute-digest.ts';
import type { Bells } from './bells.ts';
import { badValue, notInFlight, overLimit, receiptExpired } from './errors.ts';
import { checkDraft, deduplicationKey, type MessageDraft, type StoredMessage } from './message.ts';
import { findAddressOfArn, queueArn, settingsOf, type Queue, type QueueAddress, type QueueSettings } from './queue.ts';
import { formatReceipt, parseReceipt } from './receipt.ts';
import type { Box, HeldMessage, MessageCounts, MessageStore } from './store/messages.ts';
import type { QueueStore } from './store/queues.ts';
import type { RepeatStore } from './store/repeats.ts';

export interface MessagesParts {
  readonly state: State;
  readonly clock: Clock;
  readonly queues: QueueStore;
  readonly store: MessageStore;
  readonly repeats: RepeatStore;
  readonly bells: Bells;
}

export interface SentMessage {
  readonly id: string;
  readonly bodyMd5: string;
  /** Its place, of FIFO queues. */
  readonly seq: number | undefined;
}

export interface ReceiveOptions {
  readonly max: number;
  readonly visibilityMs?: number | undefined;
  readonly waitMs?: number | undefined;
  readonly attemptId?: string | undefined;
}

export interface ReceivedMessage {
  readonly message: StoredMessage;
  readonly receiptHandle: string;
}

/** The outcome of one entry of a batch, or of one call. */
export type Outcome<T> = { readonly value: T } | { readonly error: PlatformError };

/** How long a FIFO queue knows a message or a receive again. */
const repeatMs = 5 * 60_000;
const visibilityMsMax = 43_200_000;
// Limit: 120,000 messages of a standard queue and 20,000 of a FIFO queue are in flight at once.
const inFlightMax = 120_000;
const inFlightFifoMax = 20_000;
/** Rows deleted in one change, so that others get their turn between two. */
const deletionsAtOnce = 1000;

export class Messages {
  readonly #parts: MessagesParts;

  constructor(parts: MessagesParts) {
    this.#parts = parts;
  }

  /**
   * Sends each message on its own: one that is refused does not hold back the others.
   * @param senderId the unique id of who sends
   * @throws QueueDoesNotExist
   */
  send(address: QueueAddress, drafts: readonly MessageDraft[], senderId: string): Promise<Outcome<SentMessage>[]> {
    return this.#parts.state.write((db) => {
      const queue = this.#parts.queues.get(address, db);
      const settings = settingsOf(queue);
      const outcomes = drafts.map((draft) => attempt(() => this.#sendOne(db, queue, settings, draft, senderId)));
      this.#ringAfter(db, address);
      return outcomes;
    });
  }

  /**
   * Up to `max` messages; waits for the first when there is none.
   * @param signal aborted when the caller is gone: nothing is given out to it then
   */
  async receive(address: QueueAddress, options: ReceiveOptions, signal: AbortSignal): Promise<ReceivedMessage[]> {
    const { clock, queues, bells } = this.#parts;
    const waitMs = options.waitMs ?? settingsOf(queues.get(address)).waitMs;
    const untilMs = clock.nowMs() + waitMs;
    const bell = bells.open(address);
    try {
      for (;;) {
        bell.reset();
        const queue = queues.get(address);
        const received = signal.aborted ? [] : await this.#take(queue, options);
        const leftMs = untilMs - clock.nowMs();
        if (received.length > 0 || leftMs <= 0 || signal.aborted) return received;
        const nextMs = this.#nextMs(queue);
        const pauseMs = nextMs === undefined ? leftMs : Math.min(leftMs, nextMs - clock.nowMs());
        await bell.rung(pauseMs, signal);
      }
    } finally {
      bell.close();
    }
  }

  delete(address: QueueAddress, handles: readonly string[]): Promise<Outcome<void>[]> {
    return this.#parts.state.write((db) => {
      const queue = this.#parts.queues.get(address, db);
      const outcomes = handles.map((handle) => attempt(() => this.#deleteOne(db, queue, handle)));
      if (settingsOf(queue).isFifo) this.#ringAfter(db, address);
      return outcomes;
    });
  }

  /** @param changes handles with the seconds for which their messages stay hidden from now on */
  changeVisibility(
    address: QueueAddress,
    changes: readonly { readonly handle: string; readonly seconds: number }[],
  ): Promise<Outcome<void>[]> {
    return this.#parts.state.write((db) => {
      const queue = this.#parts.queues.get(address, db);
      const outcomes = changes.map(({ handle, seconds }) =>
        attempt(() => this.#changeOne(db, queue, handle, seconds * 1000)),
      );
      this.#ringAfter(db, address);
      return outcomes;
    });
  }

  /** Deletes what is in the queue now. */
  async purge(queue: Queue): Promise<void> {
    const seqMax = await this.#parts.state.write((db) => this.#parts.store.lastSeq(db));
    await this.#deleteAll((db) => this.#parts.store.deleteUpTo(db, boxOf(queue), seqMax, deletionsAtOnce));
    this.#parts.bells.ring(queue);
  }

  /** Deletes what a deleted queue left. */
  async clear(id: number): Promise<void> {
    const box = { id, isFifo: false };
    await this.#deleteAll((db) => this.#parts.store.deleteUpTo(db, box, Number.MAX_SAFE_INTEGER, deletionsAtOnce));
    await this.#parts.state.write((db) => this.#parts.store.forget(db, id));
  }

  /** Clears behind every queue whose deletion a crash cut short. */
  async clearOrphans(): Promise<void> {
    for (const id of this.#parts.store.listOrphans(this.#parts.state.reader)) await this.clear(id);
  }

  async count(queue: Queue): Promise<MessageCounts> {
    await this.#expire(queue, settingsOf(queue));
    return this.#parts.store.count(this.#parts.state.reader, boxOf(queue), this.#parts.clock.nowMs());
  }

  /**
   * Moves up to `limit` visible messages to other queues.
   * @param plan.moved runs in the same change, with how many there were
   */
  moveVisible(
    address: QueueAddress,
    limit: number,
    plan: {
      target(db: Transaction, message: StoredMessage): Queue;
      moved(db: Transaction, count: number): void;
    },
  ): Promise<number> {
    const { state, clock, queues, store } = this.#parts;
    return state.write((db) => {
      const source = queues.get(address, db);
      const box = boxOf(source);
      const held = box.isFifo
        ? store.groups
            .listReady(db, box.id, clock.nowMs(), limit)
            .flatMap((group) => store.listHead(db, box, group, clock.nowMs(), 1))
        : store.listVisible(db, box, clock.nowMs(), limit);
      for (const { message } of held) {
        const asNew = { ...message, receiveCount: 0, firstReceivedMs: undefined };
        this.#move(db, source, plan.target(db, message), asNew, undefined);
      }
      plan.moved(db, held.length);
      return held.length;
    });
  }

  #sendOne(db: Transaction, queue: Queue, settings: QueueSettings, draft: MessageDraft, senderId: string): SentMessage {
    checkDraft(draft, settings);
    const nowMs = this.#parts.clock.nowMs();
    const bodyMd5 = md5(draft.body);
    const { isFifo } = settings;
    const deduplicationId = isFifo ? deduplicationKey(draft) : undefined;
    const key = settings.deduplicatesPerGroup ? `${draft.groupId}\n${deduplicationId}` : `\n${deduplicationId}`;
    const known = isFifo ? this.#parts.repeats.findMessage(db, queue.id, key, nowMs) : undefined;
    if (known !== undefined) return { id: known.messageId, bodyMd5, seq: known.seq };
    const id = newUuid();
    const delayMs = draft.delaySeconds === undefined || isFifo ? settings.delayMs : draft.delaySeconds * 1000;
    const seq = this.#parts.store.insert(db, boxOf(queue), {
      id,
      body: draft.body,
      bodyMd5,
      attributes: draft.attributes,
      traceHeader: draft.traceHeader,
      senderId,
      sentMs: nowMs,
      visibleMs: nowMs + delayMs,
      receiveCount: 0,
      firstReceivedMs: undefined,
      groupId: draft.groupId,
      deduplicationId,
      sourceArn: undefined,
    });
    if (isFifo) this.#parts.repeats.keepMessage(db, queue.id, key, { messageId: id, seq }, nowMs + repeatMs);
    return { id, bodyMd5, seq: isFifo ? seq : undefined };
  }

  /** What can be had now. Looks before it writes: waiting on an empty queue costs no transaction. */
  async #take(queue: Queue, options: ReceiveOptions): Promise<ReceivedMessage[]> {
    const { state, clock, queues } = this.#parts;
    await this.#expire(queue, settingsOf(queue));
    if (!this.#hasVisible(queue) && options.attemptId === undefined) return [];
    return state.write((db) => {
      // Its attributes may have changed, or the queue may be gone.
      const current = queues.get(queue, db);
      const box = boxOf(current);
      const limit = box.isFifo ? inFlightFifoMax : inFlightMax;
      const inFlight = this.#parts.store.countInFlight(db, box, clock.nowMs());
      if (inFlight >= limit) {
        // As AWS, a FIFO queue gives nothing more without an error.
        if (box.isFifo) return [];
        throw overLimit(`${limit} messages of the queue are in flight. Delete messages after they are processed.`);
      }
      return this.#takeFrom(db, current, { ...options, max: Math.min(options.max, limit - inFlight) });
    });
  }

  #takeFrom(db: Transaction, queue: Queue, options: ReceiveOptions): ReceivedMessage[] {
    const settings = settingsOf(queue);
    const nowMs = this.#parts.clock.nowMs();
    const visibleMs = nowMs + (options.visibilityMs ?? settings.visibilityMs);
    const attemptId = settings.isFifo ? options.attemptId : undefined;
    const again = attemptId === undefined ? undefined : this.#takeAgain(db, queue, attemptId, visibleMs);
    if (again !== undefined) return again;
    const chosen = settings.isFifo
      ? this.#chooseInOrder(db, queue, settings, options.max)
      : this.#choose(db, queue, settings, options.max);
    const received = chosen.map((message) => {
      const nonce = newSecret(12);
      this.#parts.store.markReceived(db, boxOf(queue), message, { nonce, nowMs, visibleMs });
      return { nonce, ...receivedOf(queue, message, nonce, nowMs) };
    });
    if (attemptId !== undefined && received.length > 0) {
      const receipts = received.map(({ message, nonce }) => ({ seq: message.seq, nonce }));
      this.#parts.repeats.keepAttempt(db, queue.id, attemptId, receipts, nowMs + repeatMs);
    }
    return received;
  }

  /** The same messages for a receive that is tried again, as long as none of them has gone another way. */
  #takeAgain(db: Transaction, queue: Queue, attemptId: string, visibleMs: number): ReceivedMessage[] | undefined {
    const nowMs = this.#parts.clock.nowMs();
    const box = boxOf(queue);
    const receipts = this.#parts.repeats.findAttempt(db, queue.id, attemptId, nowMs);
    const held = receipts?.map(({ seq }) => this.#parts.store.find(db, box, seq));
    if (receipts === undefined || held === undefined) return undefined;
    const isWhole = held.every((one, at) => one?.nonce === receipts[at]?.nonce && one!.message.visibleMs > nowMs);
    if (!isWhole) return undefined;
    return held.map((one, at) => {
      const { message } = one!;
      this.#parts.store.setVisible(db, box, message, visibleMs);
      return { message, receiptHandle: formatReceipt({ queueId: queue.id, ...receipts[at]! }) };
    });
  }

  #choose(db: Transaction, queue: Queue, settings: QueueSettings, max: number): StoredMessage[] {
    for (;;) {
      const held = this.#parts.store.listVisible(db, boxOf(queue), this.#parts.clock.nowMs(), max);
      const kept = this.#withoutDead(db, queue, settings, held);
      // What was given up made room at the head of the queue for others.
      if (kept.length === held.length) return kept;
    }
  }

  #chooseInOrder(db: Transaction, queue: Queue, settings: QueueSettings, max: number): StoredMessage[] {
    const chosen: StoredMessage[] = [];
    const nowMs = this.#parts.clock.nowMs();
    const box = boxOf(queue);
    for (const group of this.#parts.store.groups.listReady(db, box.id, nowMs, max)) {
      for (;;) {
        const held = this.#parts.store.listHead(db, box, group, nowMs, max - chosen.length);
        const kept = this.#withoutDead(db, queue, settings, held);
        if (kept.length < held.length) continue;
        chosen.push(...kept);
        break;
      }
      if (chosen.length >= max) break;
    }
    return chosen;
  }

  /** Moves what was received too often to the dead letter queue, where there is one. */
  #withoutDead(
    db: Transaction,
    queue: Queue,
    { redrive }: QueueSettings,
    held: readonly HeldMessage[],
  ): StoredMessage[] {
    const address = redrive === undefined ? undefined : findAddressOfArn(redrive.deadLetterTargetArn);
    const target = address === undefined ? undefined : this.#parts.queues.find(address, db);
    if (redrive === undefined || target === undefined) return held.map(({ message }) => message);
    const isDead = ({ receivesHere }: HeldMessage): boolean => receivesHere >= redrive.maxReceiveCount;
    for (const { message } of held.filter(isDead)) this.#move(db, queue, target, message, queueArn(queue));
    return held.filter((one) => !isDead(one)).map(({ message }) => message);
  }

  #move(db: Transaction, source: Queue, target: Queue, message: StoredMessage, sourceArn: string | undefined): void {
    const nowMs = this.#parts.clock.nowMs();
    this.#parts.store.delete(db, boxOf(source), message);
    // A standard queue counts the age of a message from when it was first sent, a FIFO queue from its arrival.
    const sentMs = settingsOf(target).isFifo ? nowMs : message.sentMs;
    this.#parts.store.insert(db, boxOf(target), { ...message, sentMs, visibleMs: nowMs, sourceArn });
    this.#ringAfter(db, target);
  }

  #deleteOne(db: Transaction, queue: Queue, handle: string): void {
    const receipt = parseReceipt(handle, queue.id);
    const box = boxOf(queue);
    const held = this.#parts.store.find(db, box, receipt.seq);
    if (held === undefined) return;
    const isCurrent = held.nonce === receipt.nonce;
    if (box.isFifo && (!isCurrent || held.message.visibleMs <= this.#parts.clock.nowMs())) throw receiptExpired(handle);
    // As AWS, an older receipt of a standard queue is accepted and deletes nothing.
    if (isCurrent) this.#parts.store.delete(db, box, held.message);
  }

  #changeOne(db: Transaction, queue: Queue, handle: string, hiddenMs: number): void {
    if (!(hiddenMs >= 0 && hiddenMs <= visibilityMsMax))
      throw badValue('VisibilityTimeout', hiddenMs / 1000, 'VisibilityTimeout must be >= 0 and <= 43200.');
    const receipt = parseReceipt(handle, queue.id);
    const box = boxOf(queue);
    const nowMs = this.#parts.clock.nowMs();
    const held = this.#parts.store.find(db, box, receipt.seq);
    const isInFlight = held?.nonce === receipt.nonce && held.message.visibleMs > nowMs;
    if (held === undefined || !isInFlight) throw notInFlight(handle);
    this.#parts.store.setVisible(db, box, held.message, nowMs + hiddenMs);
  }

  #hasVisible(queue: Queue): boolean {
    const { state, clock } = this.#parts;
    const box = boxOf(queue);
    if (box.isFifo) return this.#parts.store.groups.listReady(state.reader, box.id, clock.nowMs(), 1).length > 0;
    return this.#parts.store.hasVisible(state.reader, box, clock.nowMs());
  }

  #nextMs(queue: Queue): number | undefined {
    const { state, clock } = this.#parts;
    const box = boxOf(queue);
    return box.isFifo
      ? this.#parts.store.groups.nextReadyMs(state.reader, box.id, clock.nowMs())
      : this.#parts.store.nextVisibleMs(state.reader, box, clock.nowMs());
  }

  /** Deletes what is older than the queue keeps messages. */
  async #expire(queue: Queue, { retentionMs }: QueueSettings): Promise<void> {
    const { state, clock } = this.#parts;
    const untilMs = clock.nowMs() - retentionMs;
    if (!this.#parts.store.hasSentUntil(state.reader, boxOf(queue), untilMs)) return;
    await this.#deleteAll((db) => this.#parts.store.deleteSentUntil(db, boxOf(queue), untilMs, deletionsAtOnce));
  }

  async #deleteAll(deleteSome: (db: Transaction) => number): Promise<void> {
    while ((await this.#parts.state.write(deleteSome)) === deletionsAtOnce);
  }

  #ringAfter(db: Transaction, { scope, name }: QueueAddress): void {
    db.afterCommit(() => this.#parts.bells.ring({ scope, name }));
  }
}

function boxOf(queue: Queue): Box {
  return { id: queue.id, isFifo: queue.attributes['FifoQueue'] === 'true' };
}

/** The message as this receive makes it. */
function receivedOf(queue: Queue, message: StoredMessage, nonce: string, nowMs: number): ReceivedMessage {
  return {
    message: {
      ...message,
      receiveCount: message.receiveCount + 1,
      firstReceivedMs: message.firstReceivedMs ?? nowMs,
    },
    receiptHandle: formatReceipt({ queueId: queue.id, seq: message.seq, nonce }),
  };
}

function attempt<T>(run: () => T): Outcome<T> {
  try {
    return { value: run() };
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return { error };
  }
}
