/** Task tokens: they name the execution, the thread and the attempt, and carry a secret so that nobody can guess one. */
import { newSecret } from '#kernel/ids';

export interface TokenPlace {
  readonly execution: number;
  readonly thread: number;
  readonly attempt: number;
}

export function newTaskToken({ execution, thread, attempt }: TokenPlace): string {
  return Buffer.from(JSON.stringify([execution, thread, attempt, newSecret(24)])).toString('base64');
}

/** Undefined for a text that was never a token. */
export function parseTaskToken(token: string): TokenPlace | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    if (!Array.isArray(parts) || parts.length !== 4 || !parts.slice(0, 3).every(Number.isSafeInteger)) return undefined;
    const [execution, thread, attempt] = parts as [number, number, number];
    return { execution, thread, attempt };
  } catch {
    return undefined;
  }
}
