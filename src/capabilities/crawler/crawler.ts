/** A crawler: what to look at, how, when, and what to do with what is found. */
import { findS3Uri } from '#lake';
import { parseSchedule } from '#kernel/schedule';
import { parseConfiguration } from './configuration.ts';
import { compileExclusions } from './discovery/exclusions.ts';
import { invalidInput } from './errors.ts';

export interface S3Target {
  readonly Path: string;
  readonly Exclusions?: string[] | undefined;
  /** Most files that are read in each folder. */
  readonly SampleSize?: number | undefined;
}

export interface CatalogTarget {
  readonly DatabaseName: string;
  readonly Tables: string[];
}

export interface CrawlerTargets {
  readonly S3Targets?: S3Target[] | undefined;
  readonly CatalogTargets?: CatalogTarget[] | undefined;
}

export type RecrawlBehavior = 'CRAWL_EVERYTHING' | 'CRAWL_NEW_FOLDERS_ONLY' | 'CRAWL_EVENT_MODE';

export interface SchemaChangePolicy {
  readonly UpdateBehavior: 'LOG' | 'UPDATE_IN_DATABASE';
  readonly DeleteBehavior: 'LOG' | 'DELETE_FROM_DATABASE' | 'DEPRECATE_IN_DATABASE';
}

export interface CrawlerInput {
  readonly Name: string;
  readonly Role: string;
  readonly Targets: CrawlerTargets;
  readonly DatabaseName?: string | undefined;
  readonly Description?: string | undefined;
  readonly Classifiers?: string[] | undefined;
  readonly Schedule?: string | undefined;
  readonly TablePrefix?: string | undefined;
  readonly SchemaChangePolicy?: Partial<SchemaChangePolicy> | undefined;
  readonly RecrawlPolicy?: { readonly RecrawlBehavior?: RecrawlBehavior | undefined } | undefined;
  readonly LineageConfiguration?: { readonly CrawlerLineageSettings?: string | undefined } | undefined;
  readonly LakeFormationConfiguration?: object | undefined;
  readonly Configuration?: string | undefined;
  readonly CrawlerSecurityConfiguration?: string | undefined;
}

export type CrawlerState = 'READY' | 'RUNNING' | 'STOPPING';
export type ScheduleState = 'SCHEDULED' | 'NOT_SCHEDULED';

export interface LastCrawl {
  readonly Status: 'SUCCEEDED' | 'CANCELLED' | 'FAILED';
  readonly ErrorMessage?: string | undefined;
  readonly LogGroup: string;
  readonly LogStream: string;
  readonly MessagePrefix: string;
  readonly StartTime: Date;
}

export interface Crawler extends Omit<CrawlerInput, 'Schedule' | 'SchemaChangePolicy' | 'RecrawlPolicy'> {
  readonly SchemaChangePolicy: SchemaChangePolicy;
  readonly RecrawlPolicy: { readonly RecrawlBehavior: RecrawlBehavior };
  readonly Schedule?: { readonly ScheduleExpression: string; readonly State: ScheduleState } | undefined;
  readonly CreationTime: Date;
  readonly LastUpdated: Date;
  readonly LastCrawl?: LastCrawl | undefined;
  readonly Version: number;
}

/** Where Glue's crawlers write their log. */
export const crawlerLogGroup = '/aws-glue/crawlers';

/** @throws InvalidInputException naming what is wrong */
export function newCrawler(input: CrawlerInput, now: Date): Crawler {
  const crawler: Crawler = {
    Name: input.Name,
    Role: input.Role,
    Targets: targetsOf(input.Targets),
    DatabaseName: input.DatabaseName,
    Description: input.Description,
    Classifiers: input.Classifiers ?? [],
    TablePrefix: input.TablePrefix,
    SchemaChangePolicy: changePolicyOf(input),
    RecrawlPolicy: { RecrawlBehavior: recrawlOf(input) },
    LineageConfiguration: input.LineageConfiguration ?? { CrawlerLineageSettings: 'DISABLE' },
    LakeFormationConfiguration: input.LakeFormationConfiguration,
    Configuration: input.Configuration,
    CrawlerSecurityConfiguration: input.CrawlerSecurityConfiguration,
    Schedule: input.Schedule ? scheduleOf(input.Schedule, 'SCHEDULED') : undefined,
    CreationTime: now,
    LastUpdated: now,
    Version: 1,
  };
  check(crawler);
  return crawler;
}

/** Members that the change does not name stay as they are. @throws InvalidInputException */
export function changeCrawler(current: Crawler, input: Partial<CrawlerInput>, now: Date): Crawler {
  const merged: CrawlerInput = {
    ...current,
    ...Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)),
    Schedule: undefined,
  };
  const schedule =
    input.Schedule === undefined
      ? current.Schedule
      : input.Schedule === ''
        ? undefined
        : scheduleOf(input.Schedule, current.Schedule?.State ?? 'SCHEDULED');
  return {
    ...newCrawler(merged, now),
    Schedule: schedule,
    CreationTime: current.CreationTime,
    LastCrawl: current.LastCrawl,
    Version: current.Version + 1,
  };
}

export function scheduleOf(expression: string, state: ScheduleState): NonNullable<Crawler['Schedule']> {
  if (!expression.startsWith('cron('))
    throw invalidInput(`'${expression}' is no schedule of a crawler: write cron(…).`);
  parseSchedule(expression, { code: 'InvalidInputException' });
  return { ScheduleExpression: expression, State: state };
}

/** Kinds of targets that Glue has and that nothing here can read. */
const otherTargets = [
  'JdbcTargets',
  'MongoDBTargets',
  'DynamoDBTargets',
  'DeltaTargets',
  'IcebergTargets',
  'HudiTargets',
];

function targetsOf(targets: CrawlerTargets): CrawlerTargets {
  const given = targets as Readonly<Record<string, unknown[] | undefined>>;
  const refused = otherTargets.find((kind) => (given[kind]?.length ?? 0) > 0);
  if (refused !== undefined) {
    throw invalidInput(`${refused} are not supported by Millpond: crawlers read S3Targets and CatalogTargets.`);
  }
  const { S3Targets: s3 = [], CatalogTargets: catalog = [] } = targets;
  if (s3.length + catalog.length === 0)
    throw invalidInput('Targets must name at least one of S3Targets, CatalogTargets.');
  if (s3.length > 0 && catalog.length > 0) throw invalidInput('S3Targets and CatalogTargets cannot be used together.');
  for (const target of [...s3, ...catalog]) refuseQueue(target);
  return { S3Targets: s3.map(s3TargetOf), CatalogTargets: catalog.map(catalogTargetOf) };
}

function refuseQueue(target: object): void {
  const given = ['EventQueueArn', 'DlqEventQueueArn', 'ConnectionName'].find(
    (member) => (target as Record<string, unknown>)[member] !== undefined,
  );
  if (given !== undefined) throw invalidInput(`${given} of a target is not supported by Millpond. Leave it out.`);
}

function s3TargetOf(target: S3Target): S3Target {
  const { Path: path, Exclusions: exclusions, SampleSize: sampleSize } = target;
  if (path === undefined || findS3Uri(path) === undefined) {
    throw invalidInput(`Path '${path}' of an S3 target is not an S3 location. Write s3://bucket/folder/.`);
  }
  compileExclusions(exclusions ?? []);
  // Limit: SampleSize is 1 to 249, as in Glue.
  if (sampleSize !== undefined && (!Number.isInteger(sampleSize) || sampleSize < 1 || sampleSize > 249)) {
    throw invalidInput(`SampleSize of ${path} is ${sampleSize}; it must be 1 to 249.`);
  }
  return { Path: path, Exclusions: exclusions ?? [], SampleSize: sampleSize };
}

function catalogTargetOf(target: CatalogTarget): CatalogTarget {
  if (!target.DatabaseName || (target.Tables ?? []).length === 0) {
    throw invalidInput('A catalog target needs a DatabaseName and at least one table in Tables.');
  }
  return { DatabaseName: target.DatabaseName, Tables: target.Tables };
}

function recrawlOf(input: CrawlerInput): RecrawlBehavior {
  const behavior = input.RecrawlPolicy?.RecrawlBehavior ?? 'CRAWL_EVERYTHING';
  if (behavior === 'CRAWL_EVENT_MODE') {
    throw invalidInput(
      'RecrawlBehavior CRAWL_EVENT_MODE is not supported by Millpond: it needs an SQS queue. Use CRAWL_NEW_FOLDERS_ONLY.',
    );
  }
  return behavior;
}

function changePolicyOf(input: CrawlerInput): SchemaChangePolicy {
  const isIncremental = recrawlOf(input) !== 'CRAWL_EVERYTHING';
  const isCatalog = (input.Targets.CatalogTargets?.length ?? 0) > 0;
  return {
    UpdateBehavior: input.SchemaChangePolicy?.UpdateBehavior ?? (isIncremental ? 'LOG' : 'UPDATE_IN_DATABASE'),
    DeleteBehavior:
      input.SchemaChangePolicy?.DeleteBehavior ?? (isIncremental || isCatalog ? 'LOG' : 'DEPRECATE_IN_DATABASE'),
  };
}

function check(crawler: Crawler): void {
  parseConfiguration(crawler.Configuration);
  const { UpdateBehavior: update, DeleteBehavior: remove } = crawler.SchemaChangePolicy;
  const isCatalog = (crawler.Targets.CatalogTargets?.length ?? 0) > 0;
  if (crawler.RecrawlPolicy.RecrawlBehavior === 'CRAWL_NEW_FOLDERS_ONLY' && (update !== 'LOG' || remove !== 'LOG')) {
    throw invalidInput(
      'With CRAWL_NEW_FOLDERS_ONLY both UpdateBehavior and DeleteBehavior of SchemaChangePolicy must be LOG.',
    );
  }
  if (isCatalog && remove !== 'LOG') {
    throw invalidInput('With CatalogTargets the DeleteBehavior of SchemaChangePolicy must be LOG.');
  }
  if (!isCatalog && (crawler.DatabaseName === undefined || crawler.DatabaseName === '')) {
    throw invalidInput('DatabaseName must be given: the tables of S3Targets are written there.');
  }
}
