import { isPlatformError } from '#kernel/errors';

/** What a resource's step asked for; undefined when that is not there, which a deletion or a look is content with. */
export async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isPlatformError(error) && error.kind === 'absent') return undefined;
    throw error;
  }
}
