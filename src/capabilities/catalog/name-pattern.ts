/**
 * The patterns by which GetTables and GetUserDefinedFunctions choose names. Users write regular expressions; clients
 * in the manner of Hive write `sales*`. Both are understood, matched whole, without regard to case, in linear time.
 */
import { RE2JS } from 're2js';
import { messageOf } from '#kernel/errors';
import { invalidInput } from './errors.ts';

/** @throws InvalidInputException when the pattern is no regular expression */
export function compileNamePattern(pattern: string): (name: string) => boolean {
  // A star that has nothing to repeat, or stands behind a plain letter, is Hive's "anything".
  // Differs from AWS: `ab*` is read as Hive reads it (ab and anything), never as "a and any number of b".
  const regex = pattern.replace(/(?<![.\])}\\])\*/g, '.*');
  try {
    const compiled = RE2JS.compile(regex, RE2JS.CASE_INSENSITIVE);
    return (name) => compiled.matcher(name).matches();
  } catch (error) {
    throw invalidInput(
      `'${pattern}' is not a regular expression that can be matched in linear time: ${messageOf(error)}.`,
    );
  }
}
