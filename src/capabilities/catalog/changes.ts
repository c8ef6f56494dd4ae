/** Tells the event hub what changed, in the form of Glue's `Data Catalog … State Change` events. */
import { formatArn } from '#kernel/arn';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import { newUuid } from '#kernel/ids';

export class CatalogChanges {
  readonly #events: EventHub;
  readonly #clock: Clock;

  constructor(events: EventHub, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** @param typeOfChange the operation, such as `CreateDatabase` or `DeleteTable` */
  ofDatabase(scope: string, database: string, typeOfChange: string, changedTables: readonly string[] = []): void {
    const detail = { databaseName: database, typeOfChange, ...(changedTables.length > 0 && { changedTables }) };
    this.#publish(scope, 'Glue Data Catalog Database State Change', `database/${database}`, detail);
  }

  /** @param typeOfChange the operation, such as `UpdateTable` or `BatchCreatePartition` */
  ofTable(
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
    this.#publish(scope, 'Glue Data Catalog Table State Change', `table/${database}/${table}`, detail);
  }

  #publish(scope: string, detailType: string, resource: string, detail: Readonly<Record<string, unknown>>): void {
    const [accountId = '', region = ''] = scope.split('/');
    this.#events.publish({
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
