/**
 * The mailboxes of all resources under way. They are kept, so that an answer that comes while the platform restarts
 * finds its way, and the resource waits on where it was.
 */
import type { Clock } from '#kernel/clock';
import { newSecret } from '#kernel/ids';
import type { Db, State } from '#kernel/state';
import { type CallbackSignal, type Mailbox, callbackPath, parseSignal } from './mailbox.ts';

interface MailboxRow {
  readonly owner: string;
  readonly token: string;
  readonly kind: Mailbox['kind'];
  readonly opened_ms: number;
  readonly is_sent: number;
}

const columns = 'owner, token, kind, opened_ms, is_sent';

export class Mailboxes {
  readonly #state: State;
  readonly #clock: Clock;
  readonly #endpoint: () => string;
  readonly #watchers = new Map<string, Set<() => void>>();

  /** @param endpoint base URL of the platform for programs on this machine */
  constructor(state: State, clock: Clock, endpoint: () => string) {
    this.#state = state;
    this.#clock = clock;
    this.#endpoint = endpoint;
  }

  /**
   * The mailbox of this owner, made when there is none yet.
   * @param options.isLasting it stays until it is closed; else it goes with the operation on its stack
   */
  open(
    owner: string,
    { stackId, kind, isLasting = false }: { stackId: string; kind: Mailbox['kind']; isLasting?: boolean },
  ): Promise<Mailbox> {
    return this.#state.write((db) => {
      db.prepare('INSERT OR IGNORE INTO stacks_mailbox VALUES (?, ?, ?, ?, ?, ?, 0)').run(
        owner,
        newSecret(32),
        stackId,
        kind,
        isLasting ? 1 : 0,
        this.#clock.nowMs(),
      );
      const row = db.prepare<MailboxRow>(`SELECT ${columns} FROM stacks_mailbox WHERE owner = ?`).get(owner);
      return mailboxOf(row as MailboxRow);
    });
  }

  async markSent(owner: string): Promise<void> {
    await this.#state.write((db) => {
      db.prepare('UPDATE stacks_mailbox SET is_sent = 1 WHERE owner = ?').run(owner);
    });
  }

  async close(owner: string): Promise<void> {
    await this.#state.write((db) => {
      db.prepare('DELETE FROM stacks_mailbox WHERE owner = ?').run(owner);
      db.prepare('DELETE FROM stacks_signal WHERE owner = ?').run(owner);
    });
  }

  urlOf({ token }: Mailbox): string {
    return `${this.#endpoint()}${callbackPath}${token}`;
  }

  /** The mailbox behind an address, whatever port it names. */
  findByUrl(url: string): Mailbox | undefined {
    const at = url.lastIndexOf(callbackPath);
    const token = at < 0 ? '' : url.slice(at + callbackPath.length).replace(/[?#].*$/, '');
    const row = this.#state.reader
      .prepare<MailboxRow>(`SELECT ${columns} FROM stacks_mailbox WHERE token = ?`)
      .get(token);
    return row && mailboxOf(row);
  }

  /** Takes in what was put to an address. @returns false when there is no such address */
  async receive(url: string, text: string): Promise<boolean> {
    const mailbox = this.findByUrl(url);
    if (mailbox === undefined) return false;
    await this.post(mailbox.owner, parseSignal(mailbox.kind, text));
    return true;
  }

  /** Adds a signal. One that is there already stays as it is. */
  async post(owner: string, signal: CallbackSignal): Promise<void> {
    await this.#state.write((db) => {
      db.prepare('INSERT OR IGNORE INTO stacks_signal VALUES (?, ?, ?)').run(
        owner,
        signal.uniqueId,
        JSON.stringify(signal),
      );
    });
    for (const watcher of this.#watchers.get(owner) ?? []) watcher();
  }

  /** In the order in which they came. */
  list(owner: string, db: Db = this.#state.reader): CallbackSignal[] {
    return db
      .prepare<{ document: string }>('SELECT document FROM stacks_signal WHERE owner = ? ORDER BY rowid')
      .all(owner)
      .map(({ document }) => JSON.parse(document) as CallbackSignal);
  }

  /**
   * Waits until the signals of an owner are enough.
   * @param untilMs when to give up, in milliseconds since the epoch
   * @returns them as they are then, or at the end of the time
   * @throws the reason of `signal` when it is aborted first
   */
  async waitFor(
    owner: string,
    isEnough: (signals: readonly CallbackSignal[]) => boolean,
    untilMs: number,
    signal: AbortSignal,
  ): Promise<readonly CallbackSignal[]> {
    for (;;) {
      const woken = this.#nextNews(owner, untilMs, signal);
      const signals = this.list(owner);
      if (isEnough(signals) || this.#clock.nowMs() >= untilMs) {
        woken.cancel();
        return signals;
      }
      await woken.news;
      signal.throwIfAborted();
    }
  }

  /** Resolves at the next signal, at the end of the time, or when it is cancelled. */
  #nextNews(owner: string, untilMs: number, signal: AbortSignal): { news: Promise<void>; cancel: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watchers = this.#watchers.get(owner) ?? new Set();
    this.#watchers.set(owner, watchers.add(resolve));
    const timer = this.#clock.setTimer(Math.max(untilMs - this.#clock.nowMs(), 0), resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
    const news = promise.finally(() => {
      timer.cancel();
      watchers.delete(resolve);
      if (watchers.size === 0) this.#watchers.delete(owner);
    });
    return { news, cancel: resolve };
  }
}

function mailboxOf(row: MailboxRow): Mailbox {
  const { owner, token, kind, opened_ms: openedMs, is_sent: isSent } = row;
  return { owner, token, kind, openedMs, isSent: isSent === 1 };
}
