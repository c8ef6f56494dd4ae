/** Aliases of relations: `AS t (a, b)`. */
import { SqlError } from '../errors.ts';
import type { Relation } from '../tree/queries.ts';
import type { ScopeRelation } from './scope.ts';

/** All the relation's columns under one alias, with new names where the alias gives them. */
export function renamed(
  relations: readonly ScopeRelation[],
  node: Pick<Extract<Relation, { kind: 'aliased' }>, 'alias' | 'columns' | 'at'>,
): ScopeRelation {
  const columns = relations.flatMap((relation) => relation.columns);
  const visible = columns.filter((column) => column.hidden !== true);
  const names = node.columns;
  if (names === undefined) return { qualifier: [node.alias.value], columns };
  if (names.length !== visible.length) {
    throw new SqlError(
      'MISMATCHED_COLUMN_ALIASES',
      node.at,
      `Column alias list has ${names.length} entries but '${node.alias.text}' has ${visible.length} columns available`,
    );
  }
  const renamedColumns = visible.map((column, index) => ({
    ...column,
    name: names[index]?.value,
    label: names[index]?.text ?? '',
  }));
  return { qualifier: [node.alias.value], columns: renamedColumns };
}
