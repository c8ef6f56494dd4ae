/** `millpond propose db.table s3://bucket/path/`: a job script that converts a table, for the user to edit. */
import { identityMapping, proposeScript, type ColumnMapping, type ProposedFormat } from '#jobs';
import { Client } from './client.ts';
import { findConnection, type ConnectionFlags } from './connection.ts';
import { CliError, exitCodes } from './exit.ts';

export interface ProposeFlags extends ConnectionFlags {
  readonly format?: string;
  readonly compression?: string;
  readonly partitionedBy?: readonly string[];
  readonly column?: readonly string[];
}

export interface Proposal {
  readonly database: string;
  readonly table: string;
  readonly target: string;
  readonly format?: ProposedFormat;
  readonly compression?: string;
  readonly partitionedBy?: readonly string[];
  /** `source[:target[:type]]`; every column as it is unless given. */
  readonly columns?: readonly string[];
}

export async function runPropose(table: string, target: string, flags: ProposeFlags): Promise<void> {
  const dot = table.indexOf('.');
  if (dot < 1) throw new CliError(`'${table}' names no database.`, exitCodes.usage, 'Write database.table.');
  const script = await propose(new Client(findConnection(flags)), {
    database: table.slice(0, dot),
    table: table.slice(dot + 1),
    target,
    ...(flags.format === undefined ? {} : { format: flags.format.toUpperCase() as ProposedFormat }),
    ...(flags.compression === undefined ? {} : { compression: flags.compression }),
    ...(flags.partitionedBy === undefined ? {} : { partitionedBy: flags.partitionedBy }),
    ...(flags.column === undefined ? {} : { columns: flags.column }),
  });
  process.stdout.write(script);
}

/** @returns the text of a `.sql` script for a Glue job */
export async function propose(client: Client, { columns, ...request }: Proposal): Promise<string> {
  const { Table: table } = await client.call('glue', 'GetTable', {
    DatabaseName: request.database,
    Name: request.table,
  });
  const described = [...table.StorageDescriptor.Columns, ...(table.PartitionKeys ?? [])] as {
    Name: string;
    Type: string;
  }[];
  const all = identityMapping(described.map(({ Name, Type }) => ({ name: Name, type: Type })));
  return proposeScript({
    ...request,
    mapping: columns === undefined ? all : columns.map((text) => parseMapping(text, all)),
  });
}

function parseMapping(text: string, all: readonly ColumnMapping[]): ColumnMapping {
  const [source = '', target, ...type] = text.split(':');
  const column = all.find((candidate) => candidate.source === source);
  if (!column)
    throw new CliError(
      `The table has no column '${source}'.`,
      exitCodes.usage,
      `It has ${all.map((known) => known.source).join(', ')}.`,
    );
  // A type may hold colons of its own: struct<a:int>.
  return { ...column, target: target || source, targetType: type.length === 0 ? column.sourceType : type.join(':') };
}
