import type { Db, Transaction } from '#kernel/state';
import type { SubscriptionFilter } from './subscription-filter.ts';

/** In order of their names. */
export function selectSubscriptions(db: Db, groupId: number): SubscriptionFilter[] {
  return db
    .prepare<{ document: string }>('SELECT document FROM logs_subscription WHERE group_id = ? ORDER BY name')
    .all(groupId)
    .map(({ document }) => JSON.parse(document) as SubscriptionFilter);
}

export function upsertSubscription(db: Transaction, groupId: number, filter: SubscriptionFilter): void {
  db.prepare(
    `INSERT INTO logs_subscription (group_id, name, document) VALUES (?, ?, ?)
     ON CONFLICT (group_id, name) DO UPDATE SET document = excluded.document`,
  ).run(groupId, filter.name, JSON.stringify(filter));
}

/** @returns whether there was one */
export function removeSubscription(db: Transaction, groupId: number, name: string): boolean {
  const { changes } = db.prepare('DELETE FROM logs_subscription WHERE group_id = ? AND name = ?').run(groupId, name);
  return Number(changes) > 0;
}
