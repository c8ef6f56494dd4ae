/** Waits for something to reach an end, showing where it stands. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, exitCodes } from './exit.ts';

export interface PollOptions<T> {
  readonly read: () => Promise<T>;
  readonly isDone: (value: T) => boolean;
  readonly onValue?: (value: T) => Promise<void> | void;
  /** Seconds; undefined waits for ever. */
  readonly timeoutSeconds?: number | undefined;
  readonly what: string;
}

/** Asks often at first and less often later: 50 ms to 1 s. */
export async function pollUntil<T>({ read, isDone, onValue, timeoutSeconds, what }: PollOptions<T>): Promise<T> {
  const started = performance.now();
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 1.3, 1000)) {
    const value = await read();
    await onValue?.(value);
    if (isDone(value)) return value;
    if (timeoutSeconds !== undefined && performance.now() - started > timeoutSeconds * 1000) {
      throw new CliError(
        `${what} did not end within ${timeoutSeconds} s.`,
        exitCodes.timedOut,
        'It goes on; give a larger --timeout to wait longer.',
      );
    }
    await sleep(pauseMs);
  }
}
