/** One run of a crawler, as its history shows it. */

export type CrawlState = 'RUNNING' | 'COMPLETED' | 'FAILED' | 'STOPPED';

export interface Crawl {
  readonly CrawlId: string;
  readonly State: CrawlState;
  readonly StartTime: Date;
  readonly EndTime?: Date | undefined;
  /** JSON: what was added, updated and deleted, what was left out, and the reasons for each table. */
  readonly Summary?: string | undefined;
  readonly ErrorMessage?: string | undefined;
  readonly tablesCreated: number;
  readonly tablesUpdated: number;
  readonly tablesDeleted: number;
}

export interface CrawlFilter {
  readonly FieldName?: string | undefined;
  readonly FilterOperator?: string | undefined;
  readonly FieldValue?: string | undefined;
}

const comparisons: Readonly<Record<string, (a: number | string, b: number | string) => boolean>> = {
  GT: (a, b) => a > b,
  GE: (a, b) => a >= b,
  LT: (a, b) => a < b,
  LE: (a, b) => a <= b,
  EQ: (a, b) => a === b,
  NE: (a, b) => a !== b,
};

/** Whether a run passes a filter of ListCrawls; times are milliseconds since the epoch. */
export function passesFilter(crawl: Crawl, filter: CrawlFilter): boolean {
  const compare = comparisons[filter.FilterOperator ?? 'EQ'];
  const wanted = filter.FieldValue ?? '';
  switch (filter.FieldName) {
    case 'CRAWL_ID':
      return compare?.(crawl.CrawlId, wanted) ?? false;
    case 'STATE':
      return compare?.(crawl.State, wanted) ?? false;
    case 'START_TIME':
      return compare?.(crawl.StartTime.getTime(), Number(wanted)) ?? false;
    case 'END_TIME':
      return crawl.EndTime !== undefined && (compare?.(crawl.EndTime.getTime(), Number(wanted)) ?? false);
    case 'DPU_HOUR':
      return compare?.(0, Number(wanted)) ?? false;
    default:
      return true;
  }
}
