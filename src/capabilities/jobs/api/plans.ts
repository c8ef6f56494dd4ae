/**
 * Mappings from a table to a target. The scripts that GetPlan and CreateScript write are Python or Scala, which do not run
 * here: `proposeScript` of this capability writes SQL instead.
 */
import type { Glue, MappingEntry } from '@aws-sdk/client-glue';
import type { Catalog } from '#catalog';
import type { HandlersOf } from '#gateway';

export function planOperations(catalog: Catalog): HandlersOf<Glue> {
  return {
    GetMapping(input, { scope }) {
      const sink = input.Sinks?.[0];
      const source = columnsOf(catalog, scope, input.Source ?? {});
      const targets = new Map((sink ? columnsOf(catalog, scope, sink) : source).map((column) => [column.name, column]));
      const Mapping = source.flatMap((column): MappingEntry[] => {
        const target = targets.get(column.name);
        if (target === undefined) return [];
        return [
          {
            SourceTable: input.Source?.TableName,
            SourcePath: column.name,
            SourceType: column.type,
            TargetTable: sink?.TableName ?? input.Source?.TableName,
            TargetPath: target.name,
            TargetType: target.type,
          },
        ];
      });
      return { Mapping };
    },
  };
}

function columnsOf(
  catalog: Catalog,
  scope: string,
  entry: { DatabaseName?: string | undefined; TableName?: string | undefined },
): { name: string; type: string }[] {
  const table = catalog.getTable(scope, entry.DatabaseName ?? '', entry.TableName ?? '');
  const columns = [...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])];
  return columns.map((column) => ({ name: column.Name, type: column.Type ?? 'string' }));
}
