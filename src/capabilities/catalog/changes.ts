/** Tells the event hub of each change, in the change's own transaction, as Glue's `Data Catalog … State Change` events. */
import { formatArn } from '#kernel/arn';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import { newUuid } from '#kernel/ids';
import type { Transaction } from '#kernel/state';

export class CatalogChanges {
  readonly #events: EventHub;
  readonly #clock: Clock;

  constructor(events: EventHub, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** @param typeOfChange the operation, such as `CreateDatabase` or `DeleteTable` */
  ofDatabase(
    db: Transaction,
    scope: string,
    database: string,
    typeOfChange: string,
    changedTables: readonly string[] = [],
  ): void {
    const detail = { databaseName: database, typeOfChange, ...(changedTables.length > 0 && { changedTables }) };
    this.#record(db, scope, 'Glue Data Catalog Database State Change', `database/${database}`, detail);
  }

  /** @param typeOfChange the operation, such as `UpdateTable` or `BatchCreatePartition` */
  ofTable(
    db: Transaction,
    scope: string,
    database: string,
    table: string,
    typeOfChange: string,
    changedPartitions: readonly (readonly string[])[] = [],
  ): void {
    const partitions = changedPartitions.map((values) => `[${values.join(', ')}]`);
    const detail = {
      databaseName: database,
      tableName: table,
      typeOfChange,
      ...(partitions.length > 0 && { changedPartitions: partitions }),
    };
    this.#record(db, scope, 'Glue Data Catalog Table State Change', `table/${database}/${table}`, detail);
  }

  #record(
    db: Transaction,
    scope: string,
    detailType: string,
    resource: string,
    detail: Readonly<Record<string, unknown>>,
  ): void {
    const [accountId = '', region = ''] = scope.split('/');
    this.#events.record(db, {
      id: newUuid(),
      source: 'aws.glue',
      detailType,
      accountId,
      region,
      time: this.#clock.now(),
      resources: [formatArn({ service: 'glue', region, accountId, resource })],
      detail,
    });
  }
}
