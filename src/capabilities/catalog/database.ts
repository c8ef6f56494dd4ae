/** A database: a named set of tables. Members carry Glue's names, since all who read them speak Glue. */
import { formatArn } from '#kernel/arn';

export interface DatabaseInput {
  readonly Name: string;
  readonly Description?: string | undefined;
  readonly LocationUri?: string | undefined;
  readonly Parameters?: Record<string, string> | undefined;
  /** Lake Formation's default grants: kept and returned. */
  readonly CreateTableDefaultPermissions?: object[] | undefined;
  readonly TargetDatabase?: object | undefined;
}

export interface Database extends DatabaseInput {
  readonly CatalogId: string;
  readonly CreateTime: Date;
}

/** Glue folds the names of databases, tables and functions to lower case, as Hive does. */
export function foldName(name: string): string {
  return name.toLowerCase();
}

/** `account/region` -> the account, which is the id of its catalog. */
export function catalogIdOf(scope: string): string {
  return scope.slice(0, scope.indexOf('/'));
}

export function databaseArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'glue', region, accountId, resource: `database/${name}` });
}

export function newDatabase(scope: string, input: DatabaseInput, now: Date): Database {
  return { ...databaseInput(input), CatalogId: catalogIdOf(scope), CreateTime: now };
}

/** The new definition under the old name, catalog and birthday. */
export function changeDatabase(current: Database, input: DatabaseInput): Database {
  return { ...databaseInput(input), CatalogId: current.CatalogId, CreateTime: current.CreateTime };
}

/** Takes only the members it knows, so that nothing else finds its way into the state. */
function databaseInput(input: DatabaseInput): DatabaseInput {
  return {
    Name: foldName(input.Name),
    Description: input.Description,
    LocationUri: input.LocationUri,
    Parameters: input.Parameters,
    CreateTableDefaultPermissions: input.CreateTableDefaultPermissions,
    TargetDatabase: input.TargetDatabase,
  };
}
