/** Names in sight: the relations of a FROM, the outer query's behind them, and lambda parameters before them. */
import { SqlError } from '../errors.ts';
import type { Identifier, Position } from '../tree/expressions.ts';
import type { SqlType } from '../types/sql-type.ts';

/** Where a column's values come from when they are a partition key of a scan, unchanged. */
export interface PartitionSource {
  readonly scan: number;
  readonly key: string;
  readonly type: SqlType;
  /** Common tables on the way; a filter may pass only those that are read once. */
  readonly through: readonly { references: number }[];
}

export interface ScopeColumn {
  /** Lower case; undefined for a column that cannot be named. */
  readonly name: string | undefined;
  /** The spelling that a result shows. */
  readonly label: string;
  readonly sql: string;
  readonly type: SqlType;
  /** Not part of `*`: `"$path"`, or a USING column's two sources. */
  readonly hidden?: boolean;
  readonly partition?: PartitionSource;
  /** Told when an expression reads the column. */
  readonly onUse?: () => void;
}

export interface ScopeRelation {
  /** From the table outwards: `['t', 'db', 'catalog']`, or an alias alone; empty for what has no name. */
  readonly qualifier: readonly string[];
  readonly columns: readonly ScopeColumn[];
}

export interface Resolution {
  readonly column: ScopeColumn;
  /** How many parts of the name it took; the rest are fields of a row. */
  readonly taken: number;
  readonly isOuter: boolean;
  /** A lambda's parameter or an output column, not a column of the FROM. */
  readonly isLocal: boolean;
}

export class Scope {
  readonly relations: readonly ScopeRelation[];
  readonly parent: Scope | undefined;
  readonly kind: 'query' | 'lambda' | 'output';

  constructor(relations: readonly ScopeRelation[], parent?: Scope, kind: Scope['kind'] = 'query') {
    this.relations = relations;
    this.parent = parent;
    this.kind = kind;
  }

  /** @throws COLUMN_NOT_FOUND, AMBIGUOUS_NAME */
  resolve(parts: readonly Identifier[], at: Position): Resolution {
    let isOuter = false;
    for (const scope of this.#outwards()) {
      const found = scope.#findHere(parts, at);
      if (found !== undefined) return { ...found, isOuter, isLocal: scope.kind !== 'query' };
      if (scope.kind === 'query') isOuter = true;
    }
    const name = parts.map((part) => part.text).join('.');
    throw new SqlError('COLUMN_NOT_FOUND', at, `Column '${name}' cannot be resolved`, this.#suggestion(parts));
  }

  /** The relations that `t.*`, `db.t.*` mean. */
  relationsNamed(parts: readonly Identifier[]): ScopeRelation[] {
    return this.relations.filter((relation) => matchesQualifier(relation, parts.length, parts));
  }

  /** This scope and those around it, from the inside out. */
  *#outwards(): Generator<Scope> {
    yield this;
    for (let scope = this.parent; scope !== undefined; scope = scope.parent) yield scope;
  }

  #findHere(parts: readonly Identifier[], at: Position): { column: ScopeColumn; taken: number } | undefined {
    // A qualified column wins over a field of a column: `t.a` is column a of t first.
    for (let taken = Math.min(parts.length, 4); taken >= 1; taken--) {
      const name = parts[taken - 1]?.value;
      const found = this.relations
        .filter((relation) => taken === 1 || matchesQualifier(relation, taken - 1, parts))
        .flatMap((relation) =>
          relation.columns.filter(
            (column) => column.name === name && (taken > 1 || column.hidden !== true || name?.startsWith('$') === true),
          ),
        );
      const [column, second] = found;
      if (second !== undefined) {
        const text = parts
          .slice(0, taken)
          .map((part) => part.text)
          .join('.');
        throw new SqlError(
          'AMBIGUOUS_NAME',
          at,
          `Column '${text}' is ambiguous`,
          'Put the name of the table before it.',
        );
      }
      if (column !== undefined) return { column, taken };
    }
    return undefined;
  }

  #suggestion(parts: readonly Identifier[]): string | undefined {
    const wanted = parts.at(-1)?.value ?? '';
    const near = this.relations
      .flatMap((relation) => relation.columns.map((column) => column.name ?? ''))
      .find((name) => name !== '' && editDistance(name, wanted) <= Math.max(1, Math.floor(wanted.length / 3)));
    return near === undefined ? undefined : `Did you mean '${near}'?`;
  }
}

function matchesQualifier(relation: ScopeRelation, count: number, parts: readonly Identifier[]): boolean {
  if (count > relation.qualifier.length || count === 0) return false;
  for (let index = 0; index < count; index++) {
    if (relation.qualifier[index] !== parts[count - 1 - index]?.value) return false;
  }
  return true;
}

/** Levenshtein distance, for names of columns only; texts beyond 40 characters count as far. */
export function editDistance(a: string, b: string): number {
  if (a.length > 40 || b.length > 40) return 40;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
