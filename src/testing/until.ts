import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `condition` holds, and fails with `what` when it does not within `timeoutMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = 'the condition',
  timeoutMs = 5000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for ${what}.`);
    await delay(5);
  }
}

/** Reads until there is something to read. @throws naming `what` when there is nothing within `timeoutMs` */
export async function eventually<T>(
  read: () => Promise<T | undefined> | T | undefined,
  what: string,
  timeoutMs = 5000,
): Promise<T> {
  let value: T | undefined;
  await until(async () => (value = await read()) !== undefined, what, timeoutMs);
  return value as T;
}
