/** What a translation takes and gives: the contract between the SQL front end and an engine. */
import type { SqlType } from '../types/sql-type.ts';

export interface RelationName {
  readonly catalog: string;
  readonly database: string;
  readonly table: string;
}

export interface Defaults {
  readonly catalog: string;
  readonly database: string;
}

export interface RelationColumn {
  /** Lower case. */
  readonly name: string;
  readonly type: SqlType;
}

/** What the catalog says about a name. `handle` is the caller's own and comes back in the scan. */
export type CatalogRelation<H = unknown> =
  | {
      readonly kind: 'table';
      readonly columns: readonly RelationColumn[];
      readonly partitionKeys: readonly RelationColumn[];
      readonly handle: H;
    }
  | {
      readonly kind: 'view';
      readonly sql: string;
      readonly defaults: Defaults;
      /** The columns recorded when the view was made; used for their names and types when given. */
      readonly columns?: readonly RelationColumn[];
    };

export interface RelationCatalog<H = unknown> {
  /** Names are in lower case. Undefined is "does not exist". */
  findRelation(name: RelationName): CatalogRelation<H> | undefined;
}

export interface TranslateOptions<H = unknown> {
  readonly catalog: RelationCatalog<H>;
  readonly defaults: Defaults;
  /** What `now()` and `current_date` answer. */
  readonly now: Date;
  /** What `current_user` answers. */
  readonly user: string;
  /** Values for `?`, already parsed (`EXECUTE … USING`, `ExecutionParameters`): SQL literals as text. */
  readonly parameters?: readonly string[];
}

export interface OutputColumn {
  readonly name: string;
  readonly type: SqlType;
  /** The query gave it no name: `_col0`. A view or a CTAS refuses such a column. */
  readonly anonymous: boolean;
}

/** Which partitions a query can need. Never leaves one out that it does; may keep one that it does not. */
export interface PartitionFilter {
  /** @param values by partition key in lower case, as the catalog's text; null is the default partition. */
  matches(values: Readonly<Record<string, string | null>>): boolean;
  /** Keys that the query fixes to a list of values: what an injected partition projection needs. */
  readonly fixedValues: Readonly<Record<string, readonly string[]>>;
  /** Readable form, for EXPLAIN. */
  readonly text: string;
}

/** A table that the query reads, once per place where it stands. */
export interface Scan<H = unknown> {
  /** The relation the engine must define before it runs the SQL; a plain identifier. */
  readonly alias: string;
  readonly name: RelationName;
  readonly handle: H;
  /** Lower case, in the catalog's order; partition keys included. Empty is `count(*)`. */
  readonly columnsUsed: readonly string[];
  readonly partitionFilter?: PartitionFilter;
  /** The query reads `"$path"`: the relation must have a column of that name (varchar, `s3://…`). */
  readonly usesPath: boolean;
}

export interface Translation<H = unknown> {
  /** DuckDB SQL that reads from nothing but the relations named by `scans[].alias`. */
  readonly sql: string;
  /** In order. The SQL's own column names are these where they are unique, and made unique where they are not. */
  readonly columns: readonly OutputColumn[];
  readonly scans: readonly Scan<H>[];
}
