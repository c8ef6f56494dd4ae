/** Rows of custom classifiers. */
import type { Db } from '#kernel/state';
import type { Classifier } from '../classifier.ts';
import { decodeBody } from './crawler-store.ts';

export function selectClassifier(db: Db, scope: string, name: string): Classifier | undefined {
  const row = db
    .prepare<{ body: string }>('SELECT body FROM crawler_classifier WHERE scope = ? AND name = ?')
    .get(scope, name);
  return row && (decodeBody(row.body) as Classifier);
}

/** In the order of their names, those behind `after`. */
export function selectClassifiers(db: Db, scope: string, after: string, limit: number): Classifier[] {
  return db
    .prepare<{ body: string }>('SELECT body FROM crawler_classifier WHERE scope = ? AND name > ? ORDER BY name LIMIT ?')
    .all(scope, after, limit)
    .map((row) => decodeBody(row.body) as Classifier);
}

export function putClassifier(db: Db, scope: string, classifier: Classifier): void {
  db.prepare(
    `INSERT INTO crawler_classifier (scope, name, body) VALUES (?, ?, ?)
     ON CONFLICT (scope, name) DO UPDATE SET body = excluded.body`,
  ).run(scope, classifier.name, JSON.stringify(classifier));
}

/** @returns whether there was such a classifier */
export function deleteClassifier(db: Db, scope: string, name: string): boolean {
  return Number(db.prepare('DELETE FROM crawler_classifier WHERE scope = ? AND name = ?').run(scope, name).changes) > 0;
}
