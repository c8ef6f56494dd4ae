/** A view as Athena keeps it in a table's ViewOriginalText: a comment that starts with `Presto View:` and holds JSON in base64. */
import type { Table } from '#catalog';
import { PlatformError } from '#kernel/errors';

export interface ViewText {
  readonly sql: string;
  /** Where names without a database are looked up. */
  readonly database: string | undefined;
}

export interface NewView {
  readonly sql: string;
  readonly catalog: string;
  readonly database: string;
  /** Types in Trino's spelling. */
  readonly columns: readonly { name: string; type: string }[];
  readonly comment?: string | undefined;
}

const pattern = /^\/\* Presto View: ([A-Za-z0-9+/=\s]+) \*\/$/;

export function encodeView(view: NewView): string {
  const json = JSON.stringify({
    originalSql: view.sql,
    catalog: view.catalog,
    schema: view.database,
    columns: view.columns,
    ...(view.comment === undefined ? {} : { comment: view.comment }),
  });
  return `/* Presto View: ${Buffer.from(json).toString('base64')} */`;
}

/** @throws INVALID_VIEW when the catalog's text cannot be read */
export function decodeView(table: Table): ViewText {
  const text = table.ViewOriginalText ?? '';
  const match = pattern.exec(text.trim());
  // A view of Hive keeps its SQL as it is.
  if (match === null) return { sql: table.ViewExpandedText || text, database: table.DatabaseName };
  try {
    const json = JSON.parse(Buffer.from(match[1] ?? '', 'base64').toString('utf8')) as {
      originalSql?: unknown;
      schema?: unknown;
    };
    if (typeof json.originalSql === 'string') {
      return { sql: json.originalSql, database: typeof json.schema === 'string' ? json.schema : undefined };
    }
  } catch {
    // Falls through to the error below.
  }
  throw new PlatformError(
    'invalid',
    'INVALID_VIEW',
    `The text of view ${table.DatabaseName}.${table.Name} cannot be read. Create the view again.`,
  );
}
