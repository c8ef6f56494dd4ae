/** What the operating system refuses, as an answer that says what to do. */
import { PlatformError, messageOf } from '#kernel/errors';

/** Turns a full disk, an I/O error and missing rights into platform errors; passes everything else on. */
export function toStorageError(error: unknown, what: string): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (error instanceof PlatformError) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new PlatformError(
      'unavailable',
      'ServiceUnavailable',
      `No disk space is left for ${what}. Free some and try again.`,
      {
        cause: error,
      },
    );
  }
  if (code === 'EIO' || code === 'EROFS' || code === 'EMFILE' || code === 'ENFILE') {
    return new PlatformError('unavailable', 'ServiceUnavailable', `The disk refused ${what} (${messageOf(error)}).`, {
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new PlatformError('denied', 'AccessDenied', `The server's user has no right to the file of ${what}.`, {
      cause: error,
    });
  }
  if (code === 'ENAMETOOLONG') {
    return new PlatformError(
      'invalid',
      'KeyTooLongError',
      `The path of ${what} is longer than the file system allows.`,
      {
        cause: error,
      },
    );
  }
  return error;
}
