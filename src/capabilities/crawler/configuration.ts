/** A crawler's `Configuration`: JSON text of version 1.0 that says how tables are grouped and changed. */
import { messageOf } from '#kernel/errors';
import { invalidInput } from './errors.ts';

export interface CrawlConfiguration {
  /** Partitions take the columns and formats of their table. */
  readonly inheritPartitions: boolean;
  /** A table that exists keeps its columns and gets those that are new. */
  readonly mergeNewColumns: boolean;
  /** One table for each include path wherever the formats agree, however different the columns are. */
  readonly combineCompatibleSchemas: boolean;
  /** Depth of a table's folder, the bucket being 1. */
  readonly tableLevel?: number | undefined;
  /** More tables than this fail the crawl before anything is written. */
  readonly tableThreshold?: number | undefined;
  readonly createPartitionIndex: boolean;
}

const defaults: CrawlConfiguration = {
  inheritPartitions: false,
  mergeNewColumns: false,
  combineCompatibleSchemas: false,
  createPartitionIndex: false,
};

type Json = Readonly<Record<string, unknown>>;

/** @throws InvalidInputException naming the member that is not understood */
export function parseConfiguration(text: string | undefined): CrawlConfiguration {
  if (text === undefined || text.trim() === '') return defaults;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw invalidInput(`Configuration is not JSON: ${messageOf(error)}.`);
  }
  const root = objectOf(json, 'Configuration', ['Version', 'CrawlerOutput', 'Grouping', 'CreatePartitionIndex']);
  if (root['Version'] !== 1 && root['Version'] !== '1.0') {
    throw invalidInput(`Configuration.Version is ${JSON.stringify(root['Version'])}; it must be 1.0.`);
  }
  const output = objectOf(root['CrawlerOutput'] ?? {}, 'CrawlerOutput', ['Partitions', 'Tables']);
  const partitions = behaviorOf(output['Partitions'], 'Partitions', 'InheritFromTable');
  const tables = behaviorOf(output['Tables'], 'Tables', 'MergeNewColumns');
  const grouping = objectOf(root['Grouping'] ?? {}, 'Grouping', ['TableGroupingPolicy', 'TableLevelConfiguration']);
  const policy = grouping['TableGroupingPolicy'];
  if (policy !== undefined && policy !== 'CombineCompatibleSchemas') {
    throw invalidInput(
      `Grouping.TableGroupingPolicy is ${JSON.stringify(policy)}; only CombineCompatibleSchemas is known.`,
    );
  }
  const threshold = (output['Tables'] as Json | undefined)?.['TableThreshold'];
  return {
    inheritPartitions: partitions,
    mergeNewColumns: tables,
    combineCompatibleSchemas: policy === 'CombineCompatibleSchemas',
    tableLevel: wholeNumber(grouping['TableLevelConfiguration'], 'Grouping.TableLevelConfiguration'),
    tableThreshold: wholeNumber(threshold, 'CrawlerOutput.Tables.TableThreshold'),
    createPartitionIndex: booleanOf(root['CreatePartitionIndex'], 'CreatePartitionIndex'),
  };
}

function behaviorOf(value: unknown, name: string, known: string): boolean {
  if (value === undefined) return false;
  const members = name === 'Tables' ? ['AddOrUpdateBehavior', 'TableThreshold'] : ['AddOrUpdateBehavior'];
  const behavior = objectOf(value, `CrawlerOutput.${name}`, members)['AddOrUpdateBehavior'];
  if (behavior !== undefined && behavior !== known) {
    throw invalidInput(
      `CrawlerOutput.${name}.AddOrUpdateBehavior is ${JSON.stringify(behavior)}; only ${known} is known.`,
    );
  }
  return behavior === known;
}

function objectOf(value: unknown, name: string, members: readonly string[]): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidInput(`${name} must be a JSON object, not ${JSON.stringify(value)}.`);
  }
  const unknown = Object.keys(value).find((key) => !members.includes(key));
  if (unknown !== undefined) throw invalidInput(`${name} has no member ${unknown}. Known: ${members.join(', ')}.`);
  return value as Json;
}

function wholeNumber(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw invalidInput(`${name} is ${JSON.stringify(value)}; it must be a whole number above 0.`);
}

function booleanOf(value: unknown, name: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw invalidInput(`${name} is ${JSON.stringify(value)}; it must be true or false.`);
}
