/** What hangs on a function by a qualifier: aliases, policies, settings of asynchronous invocation. */
import type { Db, Transaction } from '#kernel/state';
import type { Alias } from '../alias.ts';
import type { AsyncSettings } from '../invoke/async-settings.ts';
import type { Policy } from '../policy.ts';
import type { RecursiveLoop } from '../functions.ts';

/** What is kept under each kind. */
interface Documents {
  readonly alias: Alias;
  readonly policy: Policy;
  readonly async: AsyncSettings;
  readonly recursion: RecursiveLoop;
}

export type PartKind = keyof Documents;

export interface Part<Kind extends PartKind> {
  readonly qualifier: string;
  readonly document: Documents[Kind];
}

export function selectPart<Kind extends PartKind>(
  db: Db,
  kind: Kind,
  scope: string,
  name: string,
  qualifier: string,
): Documents[Kind] | undefined {
  const row = db
    .prepare<{ document: string }>(
      'SELECT document FROM functions_part WHERE scope = ? AND name = ? AND kind = ? AND qualifier = ?',
    )
    .get(scope, name, kind, qualifier);
  return row === undefined ? undefined : (JSON.parse(row.document) as Documents[Kind]);
}

/** In order of the qualifiers. */
export function selectParts<Kind extends PartKind>(db: Db, kind: Kind, scope: string, name: string): Part<Kind>[] {
  return db
    .prepare<{ qualifier: string; document: string }>(
      'SELECT qualifier, document FROM functions_part WHERE scope = ? AND name = ? AND kind = ? ORDER BY qualifier',
    )
    .all(scope, name, kind)
    .map(({ qualifier, document }) => ({ qualifier, document: JSON.parse(document) as Documents[Kind] }));
}

export function upsertPart<Kind extends PartKind>(
  db: Transaction,
  kind: Kind,
  scope: string,
  name: string,
  qualifier: string,
  document: Documents[Kind],
): void {
  db.prepare(
    `INSERT INTO functions_part (scope, name, kind, qualifier, document) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (scope, name, kind, qualifier) DO UPDATE SET document = excluded.document`,
  ).run(scope, name, kind, qualifier, JSON.stringify(document));
}

/** @returns whether there was one */
export function removePart(db: Transaction, kind: PartKind, scope: string, name: string, qualifier: string): boolean {
  const { changes } = db
    .prepare('DELETE FROM functions_part WHERE scope = ? AND name = ? AND kind = ? AND qualifier = ?')
    .run(scope, name, kind, qualifier);
  return Number(changes) > 0;
}
