/** What a reader of files says: every message names the format, the place and the limit or the fault. */
import { PlatformError } from '#kernel/errors';

/** The bytes are not what the format says. `where` is a place a person can find: `line 7`, `byte 120`, `stripe 2, column 5`. */
export function badData(format: string, fault: string, where = ''): PlatformError {
  return new PlatformError('invalid', 'HIVE_BAD_DATA', `${format}${where === '' ? '' : ` (${where})`}: ${fault}.`);
}

/** The bytes are sound, but need something that these readers do not have; the message names it. */
export function unsupportedData(format: string, feature: string): PlatformError {
  return new PlatformError('invalid', 'HIVE_UNSUPPORTED_FORMAT', `${format}: ${feature} cannot be read.`);
}

/** A limit that keeps hostile input from taking the machine. */
export function overLimit(format: string, what: string, limit: string): PlatformError {
  return new PlatformError('invalid', 'EXCEEDED_SIZE_LIMIT', `${format}: ${what} is over the limit of ${limit}.`);
}

/** A definition (type text, pattern, path, SerDe property) that a user wrote wrongly. */
export function badDefinition(what: string, text: string, fault: string): PlatformError {
  return new PlatformError('invalid', 'InvalidInputException', `${what} '${text}' cannot be used: ${fault}.`);
}
