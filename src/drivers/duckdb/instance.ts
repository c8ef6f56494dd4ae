/**
 * One DuckDB instance, hardened. The order matters and is the one that was tried against 75 escapes: limits first, then
 * the list of what may be touched, then external access off, and the lock last, after which every SET is refused.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { ProcessOptions } from './protocol.ts';

export interface OpenInstance {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
}

export interface Fence {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly spillFolder: string;
  readonly spillMaxBytes: number;
}

/** An instance with its settings that waits for its work; it is not fenced yet and must run nothing of a user. */
export async function openInstance(options: ProcessOptions, settings: readonly string[]): Promise<OpenInstance> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads),
    max_memory: `${Math.floor(options.memoryLimitBytes / 2 ** 20)}MiB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    allow_unsigned_extensions: 'false',
    allow_persistent_secrets: 'false',
  });
  const connection = await instance.connect();
  await connection.run(
    [
      'SET enable_progress_bar = true',
      'SET enable_progress_bar_print = false',
      'SET progress_bar_time = 0',
      "SET TimeZone = 'UTC'",
      ...settings,
    ].join(';\n'),
  );
  return { instance, connection };
}

/**
 * From here on the instance reads and writes nothing but what the fence names.
 * @param macros SQL that makes what the work needs
 */
export async function fence(
  connection: DuckDBConnection,
  limits: Fence,
  macros: readonly string[] = [],
): Promise<void> {
  await connection.run(
    [
      ...macros,
      `SET temp_directory = ${quoteText(limits.spillFolder)}`,
      `SET max_temp_directory_size = '${Math.floor(limits.spillMaxBytes / 2 ** 20)}MiB'`,
      `SET allowed_paths = [${limits.files.map(quoteText).join(', ')}]`,
      `SET allowed_directories = [${limits.folders.map(quoteText).join(', ')}]`,
      'SET enable_external_access = false',
      'SET lock_configuration = true',
    ].join('; '),
  );
}

export function closeInstance(open: OpenInstance): void {
  open.connection.closeSync();
  open.instance.closeSync();
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
