/** Glue's operations on partitions and partition indexes. */
import type { Glue, Partition as WirePartition, PartitionError } from '@aws-sdk/client-glue';
import type { HandlersOf, RequestContext } from '#gateway';
import { PlatformError } from '#kernel/errors';
import type { Catalog } from '../catalog.ts';
import type { Partition, PartitionFailure, PartitionInput } from '../partition.ts';
import { checkCatalogId, keyToToken, refuseMembers, required, tokenToKey } from './request.ts';

// Limit: GetPartitions returns at most 1,000 in a page, as in Glue.
const pageMax = 1000;

interface TableReference {
  readonly CatalogId?: string | undefined;
  readonly DatabaseName?: string | undefined;
  readonly TableName?: string | undefined;
}

export function partitionOperations(catalog: Catalog): HandlersOf<Glue> {
  return { ...reads(catalog), ...writes(catalog), ...batches(catalog), ...indexes(catalog) };
}

function reads(catalog: Catalog): HandlersOf<Glue> {
  return {
    GetPartition(input, context) {
      const place = tableOf(input, context);
      const values = required(input.PartitionValues, 'PartitionValues');
      return { Partition: toWire(catalog.partitions.get(...place, values)) };
    },

    GetPartitions(input, context) {
      refuseMembers(input, ['TransactionId', 'QueryAsOfTime']);
      const { partitions, next } = catalog.partitions.page(...tableOf(input, context), {
        expression: input.Expression,
        after: tokenToKey(input.NextToken),
        limit: Math.min(input.MaxResults ?? pageMax, pageMax),
        segment: input.Segment && segmentOf(input.Segment),
      });
      const wire = partitions.map((partition) =>
        toWire(input.ExcludeColumnSchema ? withoutColumns(partition) : partition),
      );
      return { Partitions: wire, NextToken: keyToToken(next) };
    },

    BatchGetPartition(input, context) {
      const place = tableOf(input, context);
      const found: WirePartition[] = [];
      // Differs from AWS: a key that is not there is left out, never returned as unprocessed: nothing is throttled here.
      for (const { Values: values } of required(input.PartitionsToGet, 'PartitionsToGet')) {
        const partition = catalog.partitions.find(...place, values ?? []);
        if (partition) found.push(toWire(partition));
      }
      return { Partitions: found, UnprocessedKeys: [] };
    },
  };
}

function writes(catalog: Catalog): HandlersOf<Glue> {
  return {
    async CreatePartition(input, context) {
      const inputs = [partitionInputOf(input.PartitionInput)];
      raiseFirst(await catalog.partitions.create(...tableOf(input, context), inputs, 'CreatePartition'));
      return {};
    },

    async UpdatePartition(input, context) {
      const values = required(input.PartitionValueList, 'PartitionValueList');
      const entries = [{ values, input: partitionInputOf(input.PartitionInput) }];
      raiseFirst(await catalog.partitions.update(...tableOf(input, context), entries, 'UpdatePartition'));
      return {};
    },

    async DeletePartition(input, context) {
      const values = [required(input.PartitionValues, 'PartitionValues')];
      raiseFirst(await catalog.partitions.delete(...tableOf(input, context), values, 'DeletePartition'));
      return {};
    },
  };
}

function batches(catalog: Catalog): HandlersOf<Glue> {
  return {
    async BatchCreatePartition(input, context) {
      const inputs = required(input.PartitionInputList, 'PartitionInputList').map(partitionInputOf);
      return { Errors: toErrors(await catalog.partitions.create(...tableOf(input, context), inputs)) };
    },

    async BatchUpdatePartition(input, context) {
      const entries = required(input.Entries, 'Entries').map((entry) => ({
        values: required(entry.PartitionValueList, 'PartitionValueList'),
        input: partitionInputOf(entry.PartitionInput),
      }));
      const failures = await catalog.partitions.update(...tableOf(input, context), entries);
      return {
        Errors: failures.map(({ values, code, message }) => ({
          PartitionValueList: values,
          ErrorDetail: { ErrorCode: code, ErrorMessage: message },
        })),
      };
    },

    async BatchDeletePartition(input, context) {
      const values = required(input.PartitionsToDelete, 'PartitionsToDelete').map((entry) => entry.Values ?? []);
      return { Errors: toErrors(await catalog.partitions.delete(...tableOf(input, context), values)) };
    },
  };
}

function indexes(catalog: Catalog): HandlersOf<Glue> {
  return {
    async CreatePartitionIndex(input, context) {
      const index = required(input.PartitionIndex, 'PartitionIndex');
      await catalog.createPartitionIndex(...tableOf(input, context), {
        IndexName: required(index.IndexName, 'IndexName'),
        Keys: required(index.Keys, 'Keys'),
      });
      return {};
    },

    GetPartitionIndexes(input, context) {
      const place = tableOf(input, context);
      const types = new Map((catalog.getTable(...place).PartitionKeys ?? []).map((key) => [key.Name, key.Type]));
      return {
        // Differs from AWS: an index is in use at once, so that CREATING and DELETING are never seen.
        PartitionIndexDescriptorList: catalog.listPartitionIndexes(...place).map((index) => ({
          IndexName: index.IndexName,
          Keys: index.Keys.map((name) => ({ Name: name, Type: types.get(name) ?? 'string' })),
          IndexStatus: 'ACTIVE' as const,
        })),
      };
    },

    async DeletePartitionIndex(input, context) {
      await catalog.deletePartitionIndex(...tableOf(input, context), required(input.IndexName, 'IndexName'));
      return {};
    },
  };
}

function tableOf(input: TableReference, context: RequestContext): [scope: string, database: string, table: string] {
  checkCatalogId(input.CatalogId, context);
  return [context.scope, required(input.DatabaseName, 'DatabaseName'), required(input.TableName, 'TableName')];
}

function partitionInputOf(input: object | undefined): PartitionInput {
  return required(input, 'PartitionInput') as PartitionInput;
}

function segmentOf(segment: { SegmentNumber?: number | undefined; TotalSegments?: number | undefined }): {
  number: number;
  total: number;
} {
  const [number, total] = [
    required(segment.SegmentNumber, 'SegmentNumber'),
    required(segment.TotalSegments, 'TotalSegments'),
  ];
  if (number >= total) {
    throw new PlatformError(
      'invalid',
      'InvalidInputException',
      `Segment ${number} of ${total} does not exist: segments are counted from 0.`,
    );
  }
  return { number, total };
}

function withoutColumns(partition: Partition): Partition {
  const { StorageDescriptor: descriptor } = partition;
  return descriptor ? { ...partition, StorageDescriptor: { ...descriptor, Columns: [] } } : partition;
}

function toWire(partition: Partition): WirePartition {
  return partition;
}

function toErrors(failures: readonly PartitionFailure[]): PartitionError[] {
  return failures.map(({ values, code, message }) => ({
    PartitionValues: values,
    ErrorDetail: { ErrorCode: code, ErrorMessage: message },
  }));
}

/** An operation on one partition raises what a batch would have reported. */
function raiseFirst(failures: readonly PartitionFailure[]): void {
  const [failure] = failures;
  if (failure === undefined) return;
  const kind =
    failure.code === 'EntityNotFoundException'
      ? 'absent'
      : failure.code === 'AlreadyExistsException'
        ? 'conflict'
        : 'invalid';
  throw new PlatformError(kind, failure.code, failure.message);
}
