/** Finds what a change or a read is about, or says in Glue's words that it is not there. */
import type { Db } from '#kernel/state';
import { type Database, foldName } from './database.ts';
import { databaseNotFound, tableNotFound } from './errors.ts';
import { selectDatabase } from './store/databases.ts';
import { type StoredTable, selectTable } from './store/tables.ts';

/** @throws EntityNotFoundException */
export function requireDatabase(db: Db, scope: string, name: string): Database {
  const database = selectDatabase(db, scope, foldName(name));
  if (database === undefined) throw databaseNotFound(name);
  return database;
}

/** @throws EntityNotFoundException naming the database when that is missing, else the table */
export function requireTable(db: Db, scope: string, database: string, name: string): StoredTable {
  const stored = selectTable(db, scope, foldName(database), foldName(name));
  if (stored !== undefined) return stored;
  requireDatabase(db, scope, database);
  throw tableNotFound(name);
}
