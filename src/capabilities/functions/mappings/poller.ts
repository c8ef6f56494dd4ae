/**
 * Hands the messages of one queue to a function: waits for them by a long poll, gathers a batch, invokes, deletes what
 * was processed. What failed comes back by the queue's visibility timeout. Several batches may be under way.
 */
import type { Dispatcher, InternalCall } from '#gateway';
import { parseArn } from '#kernel/arn';
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import { growingPause } from '#kernel/retry';
import type { EventTest } from '#languages/event-pattern/event-pattern';
import type { Functions } from '../functions.ts';
import { functionArn } from '../function-name.ts';
import { syncBytesMax } from '../invoke/invocation.ts';
import type { Invocations } from '../invoke/invocations.ts';
import { busiestTrace } from '../invoke/lineage.ts';
import { functionCaller, lambdaService } from '../runtime/role-credentials.ts';
import { compileFilters, type Mapping } from './mapping.ts';
import { failuresIn, filteredView, recordOf, traceHeaderOf, type QueueMessage, type QueueRecord } from './record.ts';

const pollMax = 10;
const pollSeconds = 20;
const concurrencyDefault = 5;
const pauseMaxMs = 60_000;
/** Room for the envelope of a batch in an event. */
const eventBytesMax = syncBytesMax - 1024;

export interface PollerParts {
  readonly dispatcher: Dispatcher;
  readonly functions: Functions;
  readonly invocations: Invocations;
  readonly clock: Clock;
  readonly log: Log;
}

export class Poller {
  readonly #parts: PollerParts;
  readonly #mapping: Mapping;
  readonly #fits: EventTest;
  readonly #stopping = new AbortController();
  readonly #batches = new Set<Promise<void>>();
  #loop: Promise<void> = Promise.resolve();
  #queueUrl: string | undefined;
  #lastResult = 'No records processed';
  /** The batch that `#lastResult` tells of: one that began earlier and ends later does not hide it. */
  #lastBatch = 0;
  #batchCount = 0;

  constructor(parts: PollerParts, mapping: Mapping) {
    this.#parts = parts;
    this.#mapping = mapping;
    this.#fits = compileFilters(mapping.filters);
  }

  get lastResult(): string {
    return this.#lastResult;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Takes no more messages; batches under way end by themselves. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the mapping is stopping'));
    await this.#loop;
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { clock, log } = this.#parts;
    const { uuid, maxConcurrency = concurrencyDefault } = this.#mapping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        const messages = await this.#gather();
        failures = 0;
        for (const records of await this.#batchesOf(messages)) this.#begin(records);
        while (this.#batches.size >= maxConcurrency && !signal.aborted) await this.#oneEnds();
      } catch (error) {
        if (signal.aborted) return;
        const result = `PROBLEM: ${messageOf(error)}`;
        // A queue or function that is gone for good is told of once.
        if (result !== this.#lastResult)
          log.warn('an event source mapping could not read its queue', { mapping: uuid, error: messageOf(error) });
        this.#lastResult = result;
        await clock.sleep(growingPause(failures++, pauseMaxMs), signal).catch(() => undefined);
      }
    }
  }

  /** Waits for a first message, and then for as many as the batch and its window take. */
  async #gather(): Promise<QueueMessage[]> {
    const { batchSize, windowSeconds } = this.#mapping;
    const { clock } = this.#parts;
    const messages = await this.#receive(Math.min(batchSize, pollMax), pollSeconds);
    const endMs = clock.nowMs() + windowSeconds * 1000;
    if (windowSeconds === 0 || messages.length === 0) return messages;
    while (messages.length < batchSize) {
      const leftSeconds = Math.floor((endMs - clock.nowMs()) / 1000);
      const more = await this.#receive(
        Math.min(batchSize - messages.length, pollMax),
        Math.min(leftSeconds, pollSeconds),
      );
      messages.push(...more);
      if (leftSeconds <= 0) break;
    }
    return messages;
  }

  async #receive(count: number, waitSeconds: number): Promise<QueueMessage[]> {
    const answer = (await this.#call('ReceiveMessage', {
      MaxNumberOfMessages: count,
      WaitTimeSeconds: Math.max(0, waitSeconds),
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    })) as { Messages?: QueueMessage[] };
    return [...(answer.Messages ?? [])];
  }

  /** Drops what fits no filter and cuts the rest so that each batch is one event. */
  async #batchesOf(messages: readonly QueueMessage[]): Promise<QueueRecord[][]> {
    const records = messages.map((message) => recordOf(message, this.#mapping.sourceArn));
    const dropped = records.filter((record) => !this.#fits(filteredView(record)));
    if (dropped.length > 0) await this.#delete(dropped);
    const batches: QueueRecord[][] = [];
    let sizeBytes = Infinity;
    for (const record of records.filter((each) => !dropped.includes(each))) {
      const recordBytes = Buffer.byteLength(JSON.stringify(record)) + 1;
      if (sizeBytes + recordBytes > eventBytesMax) {
        batches.push([]);
        sizeBytes = 0;
      }
      sizeBytes += recordBytes;
      batches.at(-1)?.push(record);
    }
    return batches;
  }

  #begin(records: readonly QueueRecord[]): void {
    const number = ++this.#batchCount;
    const batch = this.#handle(records, number).finally(() => this.#batches.delete(batch));
    this.#batches.add(batch);
  }

  /** Never rejects. */
  async #handle(records: readonly QueueRecord[], number: number): Promise<void> {
    const { ref, reportsFailures, uuid } = this.#mapping;
    try {
      const result = await this.#parts.invocations.invoke({
        ref,
        requestId: newUuid(),
        payload: Buffer.from(JSON.stringify({ Records: records })),
        traceHeader: busiestTrace(records.map(traceHeaderOf), functionArn(ref.scope, ref.name)),
      });
      const noFailures: ReadonlySet<string> = new Set();
      const failed =
        result.functionError !== undefined
          ? undefined
          : reportsFailures
            ? failuresIn(result.payload, records)
            : noFailures;
      this.#note(number, failed === undefined ? 'PROBLEM: Function call failed' : 'OK');
      if (failed === undefined) return;
      await this.#delete(records.filter(({ messageId }) => !failed.has(messageId)));
    } catch (error) {
      this.#note(number, `PROBLEM: ${messageOf(error)}`);
      this.#parts.log.debug('a batch was not processed', { mapping: uuid, error: messageOf(error) });
      // The messages come back by their visibility timeout; a function that is throttled is left alone for a while.
      await this.#parts.clock.sleep(1000, this.#stopping.signal).catch(() => undefined);
    }
  }

  #note(batch: number, result: string): void {
    if (batch < this.#lastBatch) return;
    this.#lastBatch = batch;
    this.#lastResult = result;
  }

  async #delete(records: readonly QueueRecord[]): Promise<void> {
    for (let start = 0; start < records.length; start += pollMax) {
      const part = records.slice(start, start + pollMax);
      const Entries = part.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
      await this.#call('DeleteMessageBatch', { Entries }, false);
    }
  }

  async #oneEnds(): Promise<void> {
    const { signal } = this.#stopping;
    let stop = (): void => undefined;
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
      signal.addEventListener('abort', stop, { once: true });
    });
    await Promise.race([...this.#batches, stopped]);
    signal.removeEventListener('abort', stop);
  }

  async #call(operation: string, input: object, stoppable = true): Promise<unknown> {
    const { dispatcher, functions } = this.#parts;
    const { sourceArn, ref } = this.#mapping;
    const { accountId, region, resource } = parseArn(sourceArn);
    const version = functions.get(ref);
    const as: InternalCall = {
      caller: functionCaller(version.role, version.name),
      region,
      invokedBy: lambdaService,
      ...(stoppable && { signal: this.#stopping.signal }),
    };
    if (this.#queueUrl === undefined) {
      const where = { QueueName: resource, QueueOwnerAWSAccountId: accountId };
      const found = (await dispatcher.call('sqs', 'GetQueueUrl', where, as)) as { QueueUrl: string };
      this.#queueUrl = found.QueueUrl;
    }
    return dispatcher.call('sqs', operation, { QueueUrl: this.#queueUrl, ...input }, as) as Promise<unknown>;
  }
}
