import type { Db, Transaction } from '#kernel/state';
import type { FunctionUrl } from '../url/function-url.ts';

interface Row {
  document: string;
}

export function selectUrl(db: Db, scope: string, name: string, qualifier: string): FunctionUrl | undefined {
  return read(
    db
      .prepare<Row>('SELECT document FROM functions_url WHERE scope = ? AND name = ? AND qualifier = ?')
      .get(scope, name, qualifier),
  );
}

export function selectUrlById(db: Db, id: string): FunctionUrl | undefined {
  return read(db.prepare<Row>('SELECT document FROM functions_url WHERE id = ?').get(id));
}

export function selectUrls(db: Db, scope: string, name: string): FunctionUrl[] {
  return db
    .prepare<Row>('SELECT document FROM functions_url WHERE scope = ? AND name = ? ORDER BY qualifier')
    .all(scope, name)
    .flatMap((row) => read(row) ?? []);
}

export function upsertUrl(db: Transaction, url: FunctionUrl): void {
  db.prepare(
    `INSERT INTO functions_url (id, scope, name, qualifier, document) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET document = excluded.document`,
  ).run(url.id, url.scope, url.name, url.qualifier, JSON.stringify(url));
}

/** @returns whether there was one */
export function removeUrl(db: Transaction, scope: string, name: string, qualifier: string): boolean {
  const { changes } = db
    .prepare('DELETE FROM functions_url WHERE scope = ? AND name = ? AND qualifier = ?')
    .run(scope, name, qualifier);
  return Number(changes) > 0;
}

function read(row: Row | undefined): FunctionUrl | undefined {
  return row === undefined ? undefined : (JSON.parse(row.document) as FunctionUrl);
}
