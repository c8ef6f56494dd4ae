/** What the types of this folder share in asking for a thing that may be gone. */
import type { Properties } from '#capability';
import { isPlatformError } from '#kernel/errors';

/** Undefined when what was asked for is not there. */
export async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isPlatformError(error) && error.kind === 'absent') return undefined;
    throw error;
  }
}

/** Of the live properties those that the template says something of: the others have defaults. */
export function saidOf(live: Properties, said: Properties): Properties {
  return Object.fromEntries(Object.entries(live).filter(([name]) => said[name] !== undefined));
}

export function tagsBeside(stackTags: Readonly<Record<string, string>>, own: unknown): object[] {
  const tags = Object.entries(stackTags).map(([Key, Value]) => ({ Key, Value }));
  return [...tags, ...((own ?? []) as object[])];
}
