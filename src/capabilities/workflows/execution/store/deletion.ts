/** Removes executions that ended long ago. */
import type { Db } from '#kernel/state';

const childrenAtOnce = 200;

/** Ids of executions that are no children of a map run, oldest end first. */
export function selectEndedBefore(db: Db, beforeMs: number, limit: number): number[] {
  return db
    .prepare<{ id: number }>(
      `SELECT id FROM workflows_execution WHERE stopped_ms < ? AND map_run IS NULL AND status <> 'RUNNING'
        ORDER BY stopped_ms LIMIT ?`,
    )
    .all(beforeMs, limit)
    .map(({ id }) => id);
}

/**
 * Removes an execution with its history and its map runs, the children of those first and some at a time.
 * @returns whether all of it is gone; else there is more to remove
 */
export function deleteExecution(db: Db, id: number): boolean {
  const mapRuns = db.prepare<{ id: number }>('SELECT id FROM workflows_map_run WHERE execution = ?').all(id);
  for (const mapRun of mapRuns) {
    const child = db.prepare<{ id: number }>('SELECT id FROM workflows_execution WHERE map_run = ? LIMIT ?');
    const children = child.all(mapRun.id, childrenAtOnce);
    if (children.length > 0) {
      // A child may have map runs of its own.
      for (const { id: childId } of children) if (!deleteExecution(db, childId)) return false;
      return false;
    }
    db.prepare('DELETE FROM workflows_map_items WHERE map_run = ?').run(mapRun.id);
    db.prepare('DELETE FROM workflows_map_run WHERE id = ?').run(mapRun.id);
  }
  for (const table of ['history', 'thread', 'items', 'results']) {
    db.prepare(`DELETE FROM workflows_${table} WHERE execution = ?`).run(id);
  }
  db.prepare('DELETE FROM workflows_execution WHERE id = ?').run(id);
  return true;
}
