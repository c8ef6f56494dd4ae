/**
 * A proposed script: from a table of the catalog to files of another format, as SQL that its user goes on editing.
 * The script holds no state and no secret; it is text made from the table's columns.
 */
import { findS3Uri } from '#lake';
import { formatType, fromHive, quoteIdentifier, quoteString } from '#languages/sql/index';
import { invalidInput } from './errors.ts';

/** A column of the source and what becomes of it; types in Hive's spelling. */
export interface ColumnMapping {
  readonly source: string;
  readonly sourceType: string;
  readonly target: string;
  readonly targetType: string;
}

export type ProposedFormat = 'PARQUET' | 'TEXTFILE' | 'JSON';

export interface ProposalRequest {
  readonly database: string;
  readonly table: string;
  /** `s3://bucket/path/` */
  readonly target: string;
  readonly mapping: readonly ColumnMapping[];
  /** Default PARQUET. */
  readonly format?: ProposedFormat;
  /** Default SNAPPY for Parquet, GZIP for text. */
  readonly compression?: string;
  /** Target columns that become folders `name=value/`. */
  readonly partitionedBy?: readonly string[];
}

const compressions: Record<ProposedFormat, readonly string[]> = {
  PARQUET: ['SNAPPY', 'ZSTD', 'GZIP', 'NONE'],
  TEXTFILE: ['GZIP', 'NONE'],
  JSON: ['GZIP', 'NONE'],
};

/** The mapping that takes every column as it is. */
export function identityMapping(columns: readonly { readonly name: string; readonly type: string }[]): ColumnMapping[] {
  return columns.map(({ name, type }) => ({ source: name, sourceType: type, target: name, targetType: type }));
}

/**
 * @returns the text of a `.sql` script for a Glue job
 * @throws InvalidInputException naming the column, format, compression or path that cannot be
 */
export function proposeScript(request: ProposalRequest): string {
  const format = request.format ?? 'PARQUET';
  const compression = request.compression?.toUpperCase() ?? compressions[format]?.[0] ?? '';
  const partitionedBy = request.partitionedBy ?? [];
  check(request, format, compression, partitionedBy);
  const isKey = (column: ColumnMapping): boolean => partitionedBy.includes(column.target);
  const keys = partitionedBy.flatMap((name) => request.mapping.filter((column) => column.target === name));
  const columns = [...request.mapping.filter((column) => !isKey(column)), ...keys];
  const source = `${quoteIdentifier(request.database)}.${quoteIdentifier(request.table)}`;
  const options = [
    `format = ${quoteString(format)}`,
    ...(compression === 'NONE' ? [] : [`compression = ${quoteString(compression)}`]),
    ...(keys.length > 0 ? [`partitioned_by = ARRAY[${partitionedBy.map(quoteString).join(', ')}]`] : []),
  ];
  return `${head(request, format)}
UNLOAD (
  SELECT
${columnLines(columns).join('\n')}
  FROM ${source}
)
TO ${quoteString(asFolder(request.target))}
WITH (${options.join(', ')});
`;
}

function head(request: ProposalRequest, format: ProposedFormat): string {
  return `-- ${oneLine(request.database)}.${oneLine(request.table)} to ${format} in ${oneLine(asFolder(request.target))}
--
-- A proposed script: ordinary Athena SQL, yours to edit. Drop a column, add a WHERE, join another table.
-- An argument --name of the job or of a run stands here as :name, a string.
--
-- What arguments of the run change without an edit:
--   --overwrite true                            replace what is in the target
--   --if-exists append                          add to what is in the target
--   --job-bookmark-option job-bookmark-enable   read only source files that are new since the last good run
`;
}

/** One column a line, the types at the end of it. */
function columnLines(columns: readonly ColumnMapping[]): string[] {
  const texts = columns.map((column, index) => `    ${expressionOf(column)}${index < columns.length - 1 ? ',' : ''}`);
  const width = Math.min(60, Math.max(...texts.map((text) => text.length)));
  return columns.map(({ sourceType, targetType }, index) => {
    const types = sourceType === targetType ? sourceType : `${sourceType} -> ${targetType}`;
    return `${(texts[index] ?? '').padEnd(width)}  -- ${oneLine(types)}`;
  });
}

function expressionOf({ source, sourceType, target, targetType }: ColumnMapping): string {
  const name = quoteIdentifier(source);
  const type = fromHive(targetType);
  if (type === undefined) {
    throw invalidInput(`Column ${target} cannot be of the type '${targetType}'. Use a type of Hive, such as bigint.`);
  }
  // A cell that is no such value becomes NULL instead of failing the run.
  const isSame = sourceType.toLowerCase() === targetType.toLowerCase();
  const value = isSame ? name : `TRY_CAST(${name} AS ${formatType(type)})`;
  return isSame && source === target ? name : `${value} AS ${quoteIdentifier(target)}`;
}

function check(
  request: ProposalRequest,
  format: ProposedFormat,
  compression: string,
  partitionedBy: readonly string[],
): void {
  const known = compressions[format];
  if (known === undefined) {
    throw invalidInput(`Format '${format}' cannot be written. Use ${Object.keys(compressions).join(', ')}.`);
  }
  if (!known.includes(compression)) {
    throw invalidInput(`${format} is not written with '${compression}'. Use ${known.join(', ')}.`);
  }
  if (findS3Uri(request.target) === undefined) {
    throw invalidInput(`The target '${request.target}' must be s3://bucket/path/.`);
  }
  const names = request.mapping.map((column) => column.target.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalidInput(`Two columns would be called '${twice}'. Give one of them another name.`);
  if (names.length === 0) throw invalidInput(`Table ${request.database}.${request.table} has no columns to map.`);
  const unknown = partitionedBy.find((name) => !request.mapping.some((column) => column.target === name));
  if (unknown !== undefined) throw invalidInput(`There is no column '${unknown}' to partition by.`);
  if (partitionedBy.length === names.length) throw invalidInput('At least one column must not be a partition key.');
}

function asFolder(target: string): string {
  return target.endsWith('/') ? target : `${target}/`;
}

/** For comments: a name with a line break must not end one. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}
