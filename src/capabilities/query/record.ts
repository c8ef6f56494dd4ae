/** Things that are kept and given back: named queries, prepared statements, data catalogs. */
export interface NamedQuery {
  readonly id: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly database: string;
  readonly query: string;
  readonly workGroup: string;
}

export interface PreparedStatement {
  readonly name: string;
  readonly workGroup: string;
  readonly query: string;
  readonly description: string | undefined;
  readonly modifiedMs: number;
}

export interface DataCatalog {
  readonly name: string;
  readonly description: string | undefined;
  readonly type: 'LAMBDA' | 'GLUE' | 'HIVE' | 'FEDERATED';
  readonly parameters: Readonly<Record<string, string>>;
}

/** The catalog that is always there. */
export const ownCatalog = 'AwsDataCatalog';
