/**
 * Job bookmarks: which objects of each source table a job has processed, by key and entity tag. A changed object is new
 * again, as a new one is. A bookmark is kept together with the success of its run, or not at all.
 */
export interface Bookmark {
  /** `database.table` -> `s3://bucket/key` -> entity tag. */
  readonly tables: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface SourceObject {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
}

export const emptyBookmark: Bookmark = { tables: {} };

/** Follows one run: says what is new, and remembers what the run has read. */
export class BookmarkReader {
  readonly #before: Bookmark;
  readonly #moves: boolean;
  readonly #seen = new Map<string, Map<string, string>>();

  /** @param options.moves whether this run's success is remembered; false for job-bookmark-pause */
  constructor(before: Bookmark, options: { moves?: boolean } = {}) {
    this.#before = before;
    this.#moves = options.moves ?? true;
  }

  /** Whether no run before this one has processed anything. */
  get isFirst(): boolean {
    return Object.keys(this.#before.tables).length === 0;
  }

  /** What to keep with the run's success, if anything. */
  get toKeep(): Bookmark | undefined {
    return this.#moves ? this.after() : undefined;
  }

  /** @param table `database.table` */
  isNew(table: string, object: SourceObject): boolean {
    const uri = `s3://${object.bucket}/${object.key}`;
    const known = this.#before.tables[table];
    const isNew = known === undefined || !Object.hasOwn(known, uri) || known[uri] !== object.etag;
    if (isNew) {
      const seen = this.#seen.get(table) ?? new Map<string, string>();
      this.#seen.set(table, seen.set(uri, object.etag));
    }
    return isNew;
  }

  /** How many new objects the run has read. */
  get newObjects(): number {
    return [...this.#seen.values()].reduce((sum, objects) => sum + objects.size, 0);
  }

  /** The bookmark to keep when the run has succeeded. */
  after(): Bookmark {
    const tables: Record<string, Readonly<Record<string, string>>> = { ...this.#before.tables };
    for (const [table, objects] of this.#seen) tables[table] = { ...tables[table], ...Object.fromEntries(objects) };
    return { tables };
  }
}
