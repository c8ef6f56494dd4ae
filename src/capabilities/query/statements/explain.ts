/** EXPLAIN: what is read, which partitions are left, and the engine's plan. */
import type { StatementOf } from '#languages/sql/index';
import { queryError } from '../errors.ts';
import { textColumn } from '../results/result-column.ts';
import type { PlannedScan } from '../tables/table-source.ts';
import type { PlannedQuery, QueryPlanner } from './planner.ts';
import type { Outcome, StatementContext } from './statement.ts';

/** @throws NOT_SUPPORTED for a form of EXPLAIN that there is none of */
export async function explain(
  planner: QueryPlanner,
  statement: StatementOf<'explain'>,
  context: StatementContext,
): Promise<Outcome> {
  const { statement: inner, at } = statement;
  const refuse = (what: string): never => {
    throw queryError('NOT_SUPPORTED', `line ${at.line}:${at.column}: EXPLAIN ${what} is not supported`);
  };
  if (!('query' in inner)) return refuse(`of ${inner.kind.replaceAll('-', ' ').toUpperCase()}`);
  if (statement.type === 'VALIDATE') {
    planner.translate(inner.query, context);
    return { kind: 'text', lines: ['true'], columns: [textColumn('Valid')] };
  }
  const planned = await planner.plan(inner.query, context);
  if (statement.type === 'IO' || statement.format === 'JSON') {
    const facts = {
      inputs: planned.scans.map(scanFacts),
      columns: planned.translation.columns.map((column) => column.name),
    };
    return lines(JSON.stringify(facts, null, 2).split('\n'));
  }
  if (statement.format !== 'TEXT') return refuse(`(FORMAT ${statement.format})`);
  const answer = await planner.run(planned, { kind: 'plan', analyze: statement.analyze }, context);
  const plan = answer.values.flatMap((row) => (row[1] ?? row[0] ?? '').split('\n'));
  const text = [...planned.scans.flatMap((scan, index) => scanLines(scan, planned, index)), ...plan];
  return { ...lines(text), answer };
}

function lines(text: string[]): Extract<Outcome, { kind: 'text' }> {
  return { kind: 'text', lines: text, columns: [textColumn('Query Plan')] };
}

function scanFacts(scan: PlannedScan): object {
  const files = scan.sources.flatMap((source) => source.files);
  return {
    table: scan.table,
    columns: [...scan.columns, ...scan.partitionKeys].map((column) => column.name),
    ...(scan.partitions === undefined ? {} : { partitions: scan.partitions }),
    files: files.length,
    sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
  };
}

function scanLines(scan: PlannedScan, planned: PlannedQuery, index: number): string[] {
  const files = scan.sources.flatMap((source) => source.files);
  const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const filter = planned.translation.scans[index]?.partitionFilter;
  const { partitions } = scan;
  const of = partitions?.total === undefined ? '' : ` of ${partitions.total}`;
  return [
    `TableScan[${scan.table}] as ${scan.view}`,
    `    columns: ${[...scan.columns, ...scan.partitionKeys].map((column) => `${column.name} ${column.type}`).join(', ') || 'none'}`,
    ...(partitions === undefined
      ? []
      : [`    partitions: ${partitions.kept}${of}${filter === undefined ? '' : ` where ${filter.text}`}`]),
    `    files: ${files.length} (${[...new Set(scan.sources.map((source) => source.format))].join(', ') || 'none'}), ${bytes} bytes`,
  ];
}
