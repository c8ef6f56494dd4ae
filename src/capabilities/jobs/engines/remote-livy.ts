/**
 * Applications handed over to a remote Livy, its state and log mirrored here. The remote batch carries a name that only
 * this application has: by it a submission is found again whose answer a crash swallowed, so that nothing runs twice.
 */
import { LivyClient, type RemoteBatch } from '#drivers/livy/client';
import { LogMirror } from '#drivers/livy/log-mirror';
import type { Clock } from '#kernel/clock';
import { isPlatformError, messageOf } from '#kernel/errors';
import { nameOf, type Application, type Outcome } from '../applications/application.ts';
import { reasonInLog } from '../applications/application-log.ts';
import { applicationFailed } from '../errors.ts';
import type { ApplicationEngine, ApplicationWork } from './application-engine.ts';

const pollMs = 1000;
const logTimeoutMs = 60_000;
// Limit: a remote Livy that does not answer for 5 minutes makes its applications dead here.
const unreachableMaxMs = 300_000;

export class RemoteLivyEngine implements ApplicationEngine {
  readonly name = 'a remote Livy';
  readonly #client: LivyClient;
  readonly #clock: Clock;

  constructor(parts: { url: string; clock: Clock }) {
    this.#client = new LivyClient(parts.url);
    this.#clock = parts.clock;
  }

  accepts({ submission }: Application): boolean {
    return submission.kind === 'spark-python' || submission.kind === 'spark-jar';
  }

  async run(work: ApplicationWork): Promise<Outcome> {
    const { signal } = work;
    // The remote Livy tells its log from the beginning to whoever comes anew.
    if (work.application.remoteId !== undefined) work.log.restart();
    const id = work.application.remoteId ?? (await this.#submit(work));
    const mirror = new LogMirror(this.#client, id);
    let batch: RemoteBatch | undefined;
    try {
      for (;;) {
        batch = await this.#patiently(() => this.#client.findBatch(id, signal), signal);
        if (batch === undefined) throw applicationFailed(`The remote Livy no longer knows batch ${id}.`);
        await this.#mirror(work, batch, mirror);
        const outcome = outcomeOfState(batch.state, work.logFolder);
        if (outcome !== undefined) return outcome;
        await this.#clock.sleep(pollMs, signal);
      }
    } catch (error) {
      if (signal.aborted && signal.reason === 'kill') {
        await this.#client.remove(id, AbortSignal.timeout(10_000)).catch(() => undefined);
      }
      throw error;
    }
  }

  async settle(): Promise<'resume'> {
    return 'resume';
  }

  async #submit({ application, report, signal }: ApplicationWork): Promise<number> {
    const name = `${nameOf(application)}-${application.token.slice(0, 8)}`;
    const { submission } = application;
    const batch = await this.#patiently(
      async () =>
        (await this.#client.findByName(name, signal)) ?? (await this.#client.submit(bodyOf(submission, name), signal)),
      signal,
    );
    await report({ remoteId: batch.id });
    return batch.id;
  }

  async #mirror({ report, log }: ApplicationWork, batch: RemoteBatch, mirror: LogMirror): Promise<void> {
    await report({
      ...(typeof batch.appId === 'string' && { appId: batch.appId }),
      ...(typeof batch.appInfo?.sparkUiUrl === 'string' && { sparkUiUrl: batch.appInfo.sparkUiUrl }),
      ...(typeof batch.appInfo?.driverLogUrl === 'string' && { driverLogUrl: batch.appInfo.driverLogUrl }),
    });
    await mirror.follow((line) => log.say(line), AbortSignal.timeout(logTimeoutMs));
  }

  /** Tries again while Livy cannot be reached, with growing pauses up to a bound. */
  async #patiently<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const startedMs = this.#clock.nowMs();
    for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 2, 15_000)) {
      try {
        return await act();
      } catch (error) {
        signal.throwIfAborted();
        if (!isPlatformError(error, 'LivyUnavailable')) throw error;
        if (this.#clock.nowMs() - startedMs + pauseMs > unreachableMaxMs) {
          throw applicationFailed(`${messageOf(error)} Gave up after ${unreachableMaxMs / 60_000} minutes.`, error);
        }
      }
      await this.#clock.sleep(pauseMs, signal);
    }
  }
}

function outcomeOfState(state: string, logFolder: string): Outcome | undefined {
  switch (state) {
    case 'success':
      return { state: 'success' };
    case 'killed':
      return { state: 'killed', reason: 'Killed at the remote Livy.' };
    case 'dead':
    case 'error':
      return { state: 'dead', reason: `${reasonInLog(logFolder) ?? 'Its log is empty'} (${state} at the remote Livy)` };
    default:
      return undefined;
  }
}

function bodyOf({ kind: _kind, environment: _environment, ...rest }: Application['submission'], name: string): object {
  return { ...rest, name };
}
