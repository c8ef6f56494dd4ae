/** The Data Catalog's front door. */
export { Catalog, type CreateTableOptions, type NameRange, type UpdateTableOptions } from './catalog.ts';
export { createCatalog, type CatalogParts } from './capability.ts';
export { foldName, type Database, type DatabaseInput } from './database.ts';
export { alreadyExists, entityNotFound, invalidInput } from './errors.ts';
export { compileNamePattern } from './name-pattern.ts';
export { nullPartitionValue, type Partition, type PartitionFailure, type PartitionInput } from './partition.ts';
export type { PartitionFilter } from './partitions.ts';
export { catalogSchema } from './store/schema.ts';
export {
  type Column,
  type PartitionIndex,
  type SerDeInfo,
  type StorageDescriptor,
  type Table,
  type TableInput,
  storageDescriptor,
  tableInput,
} from './table.ts';
export { dropTags, GlueTags, putTags, type TagMap } from './tags.ts';
