/** Every statement that is understood, as one discriminated union. */
import type { Expression, Identifier, Position } from './expressions.ts';
import type { QualifiedName, Query } from './queries.ts';

/** A Hive column: the type stays in Hive's spelling (`struct<a:int>`), which is what the catalog keeps. */
export interface ColumnDefinition {
  readonly name: string;
  /** Lower case, without spaces. */
  readonly type: string;
  readonly comment?: string;
}

/** `k='v'` pairs, in order; keys keep their case. */
export type Properties = Readonly<Record<string, string>>;

export type RowFormat =
  | {
      readonly kind: 'delimited';
      readonly fieldDelimiter?: string;
      readonly escape?: string;
      readonly collectionDelimiter?: string;
      readonly mapKeyDelimiter?: string;
      readonly lineDelimiter?: string;
      readonly nullFormat?: string;
    }
  | { readonly kind: 'serde'; readonly library: string; readonly properties: Properties };

export type StoredAs =
  /** `TEXTFILE`, `PARQUET`, `ORC` …, upper case. */
  | { readonly kind: 'format'; readonly name: string }
  | { readonly kind: 'classes'; readonly input: string; readonly output: string };

export interface CreateTable {
  readonly kind: 'create-table';
  readonly name: QualifiedName;
  readonly external: boolean;
  readonly ifNotExists: boolean;
  readonly columns: readonly ColumnDefinition[];
  readonly comment?: string;
  readonly partitionedBy: readonly ColumnDefinition[];
  readonly clusteredBy?: {
    readonly columns: readonly string[];
    readonly sortedBy: readonly { readonly column: string; readonly descending: boolean }[];
    readonly buckets: number;
  };
  readonly rowFormat?: RowFormat;
  readonly storedAs?: StoredAs;
  readonly location?: string;
  readonly properties: Properties;
  readonly at: Position;
}

/** The value of a property of `WITH (…)`: CTAS and UNLOAD. */
export type PropertyValue = string | number | boolean | readonly (string | number)[];

/** One partition: the values as text, keys in lower case, in the order written. */
export type PartitionSpec = readonly { readonly key: string; readonly value: string }[];

/** A condition of `DROP PARTITION (year < '2020')`. */
export type PartitionCondition = readonly {
  readonly key: string;
  readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>=';
  readonly value: string;
}[];

export type AlterTableAction =
  | {
      readonly kind: 'add-partitions';
      readonly ifNotExists: boolean;
      readonly partitions: readonly { readonly spec: PartitionSpec; readonly location?: string }[];
    }
  | { readonly kind: 'drop-partitions'; readonly ifExists: boolean; readonly partitions: readonly PartitionCondition[] }
  | { readonly kind: 'rename-partition'; readonly from: PartitionSpec; readonly to: PartitionSpec }
  | {
      readonly kind: 'add-columns' | 'replace-columns';
      readonly partition?: PartitionSpec;
      readonly columns: readonly ColumnDefinition[];
    }
  | {
      readonly kind: 'change-column';
      readonly partition?: PartitionSpec;
      readonly from: string;
      readonly column: ColumnDefinition;
      readonly position?: { readonly kind: 'first' } | { readonly kind: 'after'; readonly column: string };
    }
  | { readonly kind: 'set-location'; readonly partition?: PartitionSpec; readonly location: string }
  | { readonly kind: 'set-properties'; readonly properties: Properties };

export type Statement =
  | { readonly kind: 'query'; readonly query: Query; readonly at: Position }
  | CreateTable
  | {
      readonly kind: 'create-table-as';
      readonly name: QualifiedName;
      readonly ifNotExists: boolean;
      readonly comment?: string;
      readonly columnAliases?: readonly Identifier[];
      /** Keys in lower case. */
      readonly properties: Readonly<Record<string, PropertyValue>>;
      readonly query: Query;
      readonly withData: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'insert';
      readonly name: QualifiedName;
      readonly columns?: readonly Identifier[];
      readonly query: Query;
      readonly at: Position;
    }
  | {
      readonly kind: 'unload';
      readonly query: Query;
      readonly location: string;
      readonly properties: Readonly<Record<string, PropertyValue>>;
      readonly at: Position;
    }
  | {
      readonly kind: 'create-view';
      readonly name: QualifiedName;
      readonly replace: boolean;
      readonly comment?: string;
      readonly query: Query;
      /** The text of the query exactly as written: what the catalog keeps. */
      readonly queryText: string;
      readonly at: Position;
    }
  | {
      readonly kind: 'create-database';
      readonly name: string;
      readonly ifNotExists: boolean;
      readonly comment?: string;
      readonly location?: string;
      readonly properties: Properties;
      readonly at: Position;
    }
  | {
      readonly kind: 'drop-database';
      readonly name: string;
      readonly ifExists: boolean;
      readonly cascade: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'alter-database';
      readonly name: string;
      readonly properties: Properties;
      readonly at: Position;
    }
  | {
      readonly kind: 'drop-table' | 'drop-view';
      readonly name: QualifiedName;
      readonly ifExists: boolean;
      readonly at: Position;
    }
  | {
      readonly kind: 'alter-table';
      readonly name: QualifiedName;
      readonly action: AlterTableAction;
      readonly at: Position;
    }
  | { readonly kind: 'repair-table'; readonly name: QualifiedName; readonly at: Position }
  /** `pattern`: Hive's (`a*|b*`) or, with LIKE, as written. */
  | { readonly kind: 'show-databases'; readonly pattern?: string; readonly at: Position }
  | {
      readonly kind: 'show-tables' | 'show-views';
      readonly database?: QualifiedName;
      readonly pattern?: string;
      readonly at: Position;
    }
  | { readonly kind: 'show-columns'; readonly name: QualifiedName; readonly at: Position }
  | {
      readonly kind: 'show-partitions';
      readonly name: QualifiedName;
      readonly partition?: PartitionSpec;
      readonly at: Position;
    }
  | { readonly kind: 'show-create-table' | 'show-create-view'; readonly name: QualifiedName; readonly at: Position }
  | {
      readonly kind: 'show-properties';
      readonly name: QualifiedName;
      readonly property?: string;
      readonly at: Position;
    }
  | {
      readonly kind: 'show-functions' | 'show-catalogs' | 'show-session';
      readonly pattern?: string;
      readonly at: Position;
    }
  | {
      readonly kind: 'describe';
      readonly name: QualifiedName;
      readonly mode: 'plain' | 'formatted' | 'extended';
      readonly partition?: PartitionSpec;
      /** `DESCRIBE t col.$elem$`: the path after the table. */
      readonly column?: string;
      readonly at: Position;
    }
  | { readonly kind: 'describe-view'; readonly name: QualifiedName; readonly at: Position }
  | {
      readonly kind: 'explain';
      readonly analyze: boolean;
      readonly verbose: boolean;
      /** Upper case: `TEXT`, `JSON`, `GRAPHVIZ`. */
      readonly format: string;
      /** Upper case: `LOGICAL`, `DISTRIBUTED`, `VALIDATE`, `IO`. */
      readonly type: string;
      readonly statement: Statement;
      readonly at: Position;
    }
  | {
      readonly kind: 'prepare';
      readonly name: string;
      readonly statement: Statement;
      /** What stands after FROM, as written. */
      readonly statementText: string;
      readonly at: Position;
    }
  | {
      readonly kind: 'execute';
      readonly name: string;
      readonly arguments: readonly Expression[];
      /** The arguments as written: what `TranslateOptions.parameters` takes. */
      readonly argumentTexts: readonly string[];
      readonly at: Position;
    }
  | { readonly kind: 'deallocate'; readonly name: string; readonly at: Position }
  | { readonly kind: 'use'; readonly catalog?: string; readonly database: string; readonly at: Position };

export type StatementKind = Statement['kind'];
/** The members of the union that can be of these kinds. */
export type StatementOf<K extends StatementKind> = Statement extends infer S
  ? S extends { readonly kind: infer Kind }
    ? [Kind & K] extends [never]
      ? never
      : S
    : never
  : never;
