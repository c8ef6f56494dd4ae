/** Writes batches of runs and reads runs back. */
import type { Db } from '#kernel/state';
import type { Flow, Json } from '#languages/asl/index';
import type { Batch, Run } from '../run.ts';
import { documentOf, threadOf, type Thread, type ThreadDocument } from '../thread.ts';
import { packEvents } from './packed-events.ts';

/** @param revision the row of the pinned revision */
export function writeBatch(db: Db, run: Run, batch: Batch, revision: number): void {
  const { rowId } = run.origin;
  writeHead(db, run, batch, revision);
  const [first] = batch.events;
  if (first !== undefined) {
    db.prepare('INSERT INTO workflows_history VALUES (?, ?, ?)').run(rowId, first.id, packEvents(batch.events));
  }
  // First what is no longer needed: the same thread may stand in another Map by now.
  for (const id of batch.droppedExtras) {
    db.prepare('DELETE FROM workflows_items WHERE execution = ? AND thread = ?').run(rowId, id);
    db.prepare('DELETE FROM workflows_results WHERE execution = ? AND thread = ?').run(rowId, id);
  }
  // A run that succeeded keeps no threads; one that failed keeps them for a redrive, waiting for nothing.
  for (const thread of batch.threads) writeThread(db, rowId, thread, run.isOver);
  for (const id of batch.removedThreads) {
    db.prepare('DELETE FROM workflows_thread WHERE execution = ? AND id = ?').run(rowId, id);
  }
  if (batch.ended && !batch.isNew) {
    db.prepare(
      'UPDATE workflows_thread SET due_ms = NULL, sync_key = NULL, activity_arn = NULL WHERE execution = ?',
    ).run(rowId);
  }
}

/** Marks what a batch has written, once it is on disk. */
export function markWritten(batch: Batch): void {
  for (const thread of batch.threads) thread.isStored = true;
}

function writeHead(db: Db, run: Run, batch: Batch, revision: number): void {
  const { origin } = run;
  const isActive = !run.isOver && run.isActive ? 1 : 0;
  if (batch.isNew) {
    db.prepare(
      `INSERT INTO workflows_execution (id, arn, scope, machine_arn, revision, name, status, input, output, error, cause,
         started_ms, stopped_ms, trace_header, deadline_ms, is_active, next_event_id, next_thread_id, map_run, item_index,
         item_count, family, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      origin.rowId,
      origin.arn,
      origin.scope,
      origin.revision.machineArn,
      revision,
      origin.name,
      run.status,
      origin.input.text,
      run.output ?? null,
      run.error ?? null,
      run.cause ?? null,
      origin.startedMs,
      run.stoppedMs ?? null,
      origin.traceHeader ?? null,
      run.deadlineMs ?? null,
      isActive,
      run.nextEventId,
      run.nextThreadId,
      origin.child?.mapRunId ?? null,
      origin.child?.index ?? null,
      origin.child?.itemCount ?? null,
      origin.descent?.family ?? null,
      origin.descent?.generation ?? null,
    );
  } else if (batch.changedHead) {
    db.prepare(
      `UPDATE workflows_execution SET status = ?, output = ?, error = ?, cause = ?, stopped_ms = ?, deadline_ms = ?,
         is_active = ?, next_event_id = ?, next_thread_id = ?, redrive_count = ?, redriven_ms = ? WHERE id = ?`,
    ).run(
      run.status,
      run.output ?? null,
      run.error ?? null,
      run.cause ?? null,
      run.stoppedMs ?? null,
      run.deadlineMs ?? null,
      isActive,
      run.nextEventId,
      run.nextThreadId,
      run.redriveCount,
      run.redrivenMs ?? null,
      origin.rowId,
    );
  } else {
    db.prepare('UPDATE workflows_execution SET is_active = ?, next_event_id = ?, next_thread_id = ? WHERE id = ?').run(
      isActive,
      run.nextEventId,
      run.nextThreadId,
      origin.rowId,
    );
  }
}

function writeThread(db: Db, rowId: number, thread: Thread, isOver: boolean): void {
  const { phase } = thread;
  const task = !isOver && phase.at === 'task' ? phase : undefined;
  const state = thread.flow.states.get(thread.state);
  const isScheduled = task?.stage === 'scheduled' && state?.type === 'Task';
  db.prepare(
    `INSERT INTO workflows_thread VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (execution, id) DO UPDATE SET due_ms = excluded.due_ms, sync_key = excluded.sync_key,
       activity_arn = excluded.activity_arn, scheduled_ms = excluded.scheduled_ms, document = excluded.document`,
  ).run(
    rowId,
    thread.id,
    thread.parent?.id ?? 0,
    thread.index,
    isOver ? null : (thread.dueMs ?? null),
    task?.syncKey ?? null,
    isScheduled ? state.resource.arn : null,
    isScheduled ? task.scheduledMs : null,
    JSON.stringify(documentOf(thread)),
  );
  if (thread.items !== undefined && !thread.areItemsStored) {
    db.prepare('INSERT OR REPLACE INTO workflows_items VALUES (?, ?, ?)').run(
      rowId,
      thread.id,
      JSON.stringify(thread.items),
    );
    thread.areItemsStored = true;
  }
  if (thread.unsavedResults.length > 0) {
    db.prepare('INSERT INTO workflows_results VALUES (?, ?, ?, ?)').run(
      rowId,
      thread.id,
      thread.storedResults,
      JSON.stringify(thread.unsavedResults.map(([index, value]) => (value === undefined ? [index] : [index, value]))),
    );
    thread.storedResults += thread.unsavedResults.length;
    thread.unsavedResults = [];
  }
}

interface ThreadRow {
  id: number;
  parent: number;
  item: number;
  document: string;
}

/** Reads the threads of a run back into it. */
export function readThreads(db: Db, run: Run): void {
  const { rowId, flow } = run.origin;
  const rows = db
    .prepare<ThreadRow>('SELECT id, parent, item, document FROM workflows_thread WHERE execution = ? ORDER BY id')
    .all(rowId);
  for (const row of rows) {
    const parent = run.threads.get(row.parent);
    const document = JSON.parse(row.document) as ThreadDocument;
    const place = { id: row.id, parent, index: row.item, flow: parent === undefined ? flow : flowOf(parent, row.item) };
    const thread = threadOf(document, place);
    run.threads.set(row.id, thread);
    if (thread.phase.at === 'children') readExtras(db, rowId, thread);
  }
}

function flowOf(parent: Thread, index: number): Flow {
  const state = parent.flow.states.get(parent.state);
  if (state?.type === 'Map') return state.processor;
  const branch = state?.type === 'Parallel' ? state.branches[index] : undefined;
  if (branch === undefined) throw new Error(`state '${parent.state}' has no branch ${index}`);
  return branch;
}

function readExtras(db: Db, rowId: number, thread: Thread): void {
  const items = db
    .prepare<{ items: string }>('SELECT items FROM workflows_items WHERE execution = ? AND thread = ?')
    .get(rowId, thread.id);
  if (items !== undefined) {
    thread.items = JSON.parse(items.items) as Json[];
    thread.areItemsStored = true;
  }
  const chunks = db
    .prepare<{ results: string }>(
      'SELECT results FROM workflows_results WHERE execution = ? AND thread = ? ORDER BY first',
    )
    .all(rowId, thread.id);
  for (const chunk of chunks) {
    for (const [index, value] of JSON.parse(chunk.results) as [number, Json?][]) {
      thread.results[index] = value;
      thread.storedResults++;
    }
  }
}
