/** Data on standard output, everything else on standard error; a progress line only where somebody watches. */
import Table from 'cli-table3';
import colors from 'picocolors';

export type Row = Readonly<Record<string, unknown>>;
export type TableFormat = 'table' | 'json' | 'csv' | 'tsv' | 'markdown';

export const tableFormats: readonly TableFormat[] = ['table', 'json', 'csv', 'tsv', 'markdown'];

export interface Output {
  /** Rows as a table for people, or as one JSON document. */
  rows(columns: readonly string[], rows: readonly Row[]): void;
  /** A document for `--json`, its text otherwise. */
  result(document: unknown, text: string): void;
  note(text: string): void;
  /** Replaces the line before on a terminal; silent elsewhere unless `done`. */
  progress(text: string, options?: { done?: boolean }): void;
  /** Lines that replace those before on a terminal; elsewhere only those that are `done` are printed. */
  picture(lines: readonly string[], options?: { done?: boolean }): void;
}

export function createOutput(options: { json: boolean; quiet?: boolean; format?: TableFormat }): Output {
  const isLive = process.stderr.isTTY && process.env['CI'] === undefined && process.env['TERM'] !== 'dumb';
  let isOpen = false;
  let linesDrawn = 0;
  const clear = (): void => {
    if (isOpen) process.stderr.write('\r\u001B[K');
    isOpen = false;
  };
  return {
    rows(columns, rows) {
      clear();
      const format = options.format ?? (options.json ? 'json' : 'table');
      const shown =
        format === 'table' && process.stdout.isTTY ? columnsThatFit(columns, rows, process.stdout.columns) : columns;
      process.stdout.write(`${formatRows(shown, rows, format)}\n`);
      const hidden = columns.length - shown.length;
      if (hidden > 0) this.note(`${hidden} more columns do not fit; -o csv shows them all.`);
    },
    result(document, text) {
      clear();
      process.stdout.write(`${options.json ? JSON.stringify(document) : text}\n`);
    },
    note(text) {
      clear();
      if (options.quiet !== true) process.stderr.write(`${text}\n`);
    },
    progress(text, { done = false } = {}) {
      if (options.quiet === true) return;
      if (isLive) process.stderr.write(`\r\u001B[K${text.slice(0, Math.max(20, (process.stderr.columns ?? 100) - 1))}`);
      if (done) process.stderr.write(isLive ? '\n' : `${text}\n`);
      isOpen = isLive && !done;
    },
    picture(lines, { done = false } = {}) {
      if (options.quiet === true || !(isLive || done)) return;
      clear();
      const up = linesDrawn === 0 ? '' : `\u001B[${linesDrawn}A`;
      process.stderr.write(up + lines.map((line) => `${isLive ? '\u001B[K' : ''}${line}\n`).join(''));
      linesDrawn = done ? 0 : lines.length;
    },
  };
}

export function formatRows(columns: readonly string[], rows: readonly Row[], format: TableFormat): string {
  switch (format) {
    case 'json':
      return JSON.stringify(
        rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column] ?? null]))),
      );
    case 'csv':
      return [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))]
        .map((line) => line.map(csvCell).join(','))
        .join('\n');
    case 'tsv':
      return [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))]
        .map((line) => line.map((text) => text.replaceAll(/[\t\r\n]/g, ' ')).join('\t'))
        .join('\n');
    case 'markdown':
      return [columns, columns.map(() => '---'), ...rows.map((row) => columns.map((column) => cell(row[column])))]
        .map((line) => `| ${line.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`)
        .join('\n');
    case 'table':
      return textTable(columns, rows);
  }
}

/** As many columns from the left as the terminal is wide; one at least. */
export function columnsThatFit(columns: readonly string[], rows: readonly Row[], widthMax: number): readonly string[] {
  let width = 1;
  const fitting = columns.findIndex((column) => {
    const cells = rows.map((row) => (row[column] === null || row[column] === undefined ? 'NULL' : cell(row[column])));
    width += Math.max(column.length, ...cells.map((text) => text.length)) + 3;
    return width > widthMax;
  });
  return fitting === -1 ? columns : columns.slice(0, Math.max(1, fitting));
}

function textTable(columns: readonly string[], rows: readonly Row[]): string {
  const isNumeric = columns.map(
    (column) => rows.length > 0 && rows.every((row) => /^-?[\d.,]*$/.test(cell(row[column]))),
  );
  const table = new Table({
    head: columns.map((column) => colors.bold(column)),
    style: { head: [], border: colors.isColorSupported ? ['gray'] : [], compact: true },
    colAligns: isNumeric.map((numeric) => (numeric ? 'right' : 'left')),
  });
  for (const row of rows)
    table.push(
      columns.map((column) =>
        row[column] === null || row[column] === undefined ? colors.dim('NULL') : cell(row[column]),
      ),
    );
  return table.toString();
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `1m 05s`, `12.3 s`, `840 ms` */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)}m ${String(Math.round((ms % 60_000) / 1000)).padStart(2, '0')}s`;
}

/** `3.1 MB`, in powers of ten. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
