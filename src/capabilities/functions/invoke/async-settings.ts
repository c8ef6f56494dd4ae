/** How asynchronous invocations of a function or of one of its qualifiers are tried again, and who hears of the end. */
export interface AsyncSettings {
  /** 0 to 2; undefined means 2. */
  readonly retries?: number;
  /** 60 to 21,600; undefined means 21,600. */
  readonly maxAgeSeconds?: number;
  readonly onSuccess?: string;
  readonly onFailure?: string;
  readonly modifiedMs: number;
}
