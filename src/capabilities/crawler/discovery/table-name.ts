/** Names of tables, columns and partition keys, made from folders and headers as Glue makes them. */
import { createHash } from 'node:crypto';

// Limit: a table's name is at most 255 characters, as in Glue.
const nameMax = 255;

/** `year=2017` is `year_2017`; what Hive does not take in a name becomes an underscore. */
export function cleanName(text: string): string {
  const cleaned = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]/gu, '_')
    .slice(0, nameMax);
  return cleaned === '' ? 'unnamed' : cleaned;
}

/** @param location the folder or file, such as `s3://lake/raw/trips/` */
export function tableNameOf(location: string, prefix: string): string {
  const segments = location
    .replace(/^s3:\/\//, '')
    .split('/')
    .filter(Boolean);
  return cleanName(`${prefix}${segments.at(-1) ?? ''}`);
}

/** The name for a second table of the same name from another place. */
export function distinctName(name: string, location: string): string {
  const digest = createHash('md5').update(location).digest('hex');
  return `${name.slice(0, nameMax - digest.length - 1)}_${digest}`;
}

/** The key and value of a folder in the manner of Hive, such as `year=2017`. */
export function hivePart(folder: string): { key: string; value: string } | undefined {
  const match = /^([^=]+)=(.*)$/s.exec(folder);
  return match ? { key: match[1] ?? '', value: decodeValue(match[2] ?? '') } : undefined;
}

/** Hive writes signs that a path cannot hold as percent codes. */
function decodeValue(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a folder's name reads like the value of a partition: a number, a date, `key=value`. */
export function looksLikeValue(folder: string): boolean {
  return hivePart(folder) !== undefined || /^\d[\d._T:-]*Z?$/.test(folder);
}
