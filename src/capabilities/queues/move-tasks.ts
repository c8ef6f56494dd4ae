/** Moving messages from one queue to others in the background, through crashes and restarts. */
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Log } from '#kernel/log';
import { badParameter, resourceAbsent, unsupported } from './errors.ts';
import type { Messages } from './messages.ts';
import { formatHandle, parseHandle, type MoveTask } from './move-task.ts';
import { findAddressOfArn, type Queue, type QueueAddress } from './queue.ts';
import type { MoveStore } from './store/moves.ts';
import type { QueueStore } from './store/queues.ts';

/** Messages moved in one change. */
const movedAtOnce = 100;
const pauseMs = 1000;

export interface MoveTasksParts {
  readonly store: MoveStore;
  readonly queues: QueueStore;
  readonly messages: Messages;
  readonly clock: Clock;
  readonly log: Log;
}

export class MoveTasks {
  readonly #parts: MoveTasksParts;
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(parts: MoveTasksParts) {
    this.#parts = parts;
  }

  /**
   * @returns the task's handle
   * @throws ResourceNotFoundException, UnsupportedOperation when the source is no dead letter queue or has a task
   */
  async begin(
    sourceArn: string,
    destinationArn: string | undefined,
    perSecondMax: number | undefined,
  ): Promise<string> {
    const { store, queues, messages, clock } = this.#parts;
    const source = this.#getQueue(sourceArn, 'source');
    if (destinationArn !== undefined) this.#getQueue(destinationArn, 'destination');
    if (perSecondMax !== undefined && (perSecondMax < 1 || perSecondMax > 500))
      throw badParameter(
        `Value ${perSecondMax} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and 500.`,
      );
    if (queues.listSources(source.scope, sourceArn, '', 1).length === 0)
      throw badParameter('Source queue must be configured as a Dead Letter Queue.');
    const { visible } = await messages.count(source);
    const task: MoveTask = {
      id: newUuid(),
      sourceArn,
      destinationArn,
      perSecondMax,
      status: 'RUNNING',
      moved: 0,
      toMove: visible,
      startedMs: clock.nowMs(),
      failure: undefined,
    };
    await queues.write((db) => {
      const [last] = store.list(sourceArn, 1, db);
      if (last?.status === 'RUNNING')
        throw unsupported(
          'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
        );
      store.insert(db, task);
    });
    this.#run(task);
    return formatHandle(task);
  }

  /** @returns how many messages it has moved */
  async cancel(handle: string): Promise<number> {
    const { id } = parseHandle(handle);
    return this.#parts.queues.write((db) => {
      const task = this.#parts.store.find(id, db);
      if (task === undefined) throw resourceAbsent('Task does not exist.');
      if (task.status !== 'RUNNING') throw unsupported('Only active tasks can be cancelled.');
      this.#parts.store.setStatus(db, id, 'CANCELLED');
      return task.moved;
    });
  }

  /** The newest first. */
  list(sourceArn: string, limit: number): MoveTask[] {
    this.#getQueue(sourceArn, 'source');
    return this.#parts.store.list(sourceArn, limit);
  }

  /** Takes up what a stop or a crash left. */
  start(): void {
    for (const task of this.#parts.store.listUnfinished()) this.#run(task);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the platform is stopping'));
    await Promise.all(this.#underWay);
  }

  #run(task: MoveTask): void {
    const work = this.#moveAll(task).finally(() => this.#underWay.delete(work));
    this.#underWay.add(work);
  }

  /** Never rejects. */
  async #moveAll(task: MoveTask): Promise<void> {
    const { store, queues, clock, log } = this.#parts;
    const { signal } = this.#stopping;
    try {
      while (!signal.aborted && store.find(task.id)?.status === 'RUNNING') {
        const limit = Math.min(task.perSecondMax ?? movedAtOnce, movedAtOnce);
        const count = await this.#moveSome(task, limit);
        if (count === 0)
          return await queues.write((db) => this.#finish(task, (id) => store.setStatus(db, id, 'COMPLETED')));
        if (task.perSecondMax !== undefined)
          await clock.sleep((pauseMs * count) / task.perSecondMax, signal).catch(() => undefined);
      }
    } catch (error) {
      if (signal.aborted) return;
      await queues
        .write((db) => this.#finish(task, (id) => store.setStatus(db, id, 'FAILED', messageOf(error))))
        .catch((fault: unknown) => log.error('the end of a move of messages could not be written', { error: fault }));
    }
  }

  #moveSome(task: MoveTask, limit: number): Promise<number> {
    const { store, queues, messages } = this.#parts;
    return messages.moveVisible(addressOf(task.sourceArn), limit, {
      target: (db, { sourceArn }) => {
        const arn = task.destinationArn ?? sourceArn;
        if (arn === undefined)
          throw badParameter('A message has no source queue to go back to; give the task a DestinationArn.');
        return queues.get(addressOf(arn), db);
      },
      moved: (db, count) => {
        // A task that was cancelled in the meantime moves nothing more.
        if (store.find(task.id, db)?.status !== 'RUNNING') throw unsupported('The task was cancelled.');
        store.addMoved(db, task.id, count);
      },
    });
  }

  #finish(task: MoveTask, end: (id: string) => void): void {
    // One that was cancelled stays so.
    if (this.#parts.store.find(task.id)?.status === 'RUNNING') end(task.id);
  }

  #getQueue(arn: string, role: string): Queue {
    const address = findAddressOfArn(arn);
    if (address === undefined) throw badParameter(`'${arn}' is not the ARN of a queue.`);
    const queue = this.#parts.queues.find(address);
    if (queue === undefined)
      throw resourceAbsent(`The resource that you specified for the ${role} queue doesn't exist.`);
    return queue;
  }
}

function addressOf(arn: string): QueueAddress {
  return findAddressOfArn(arn) ?? { scope: '', name: arn };
}
