/** What crawlers keep: definitions, the history of their runs, and what they know of each folder. */
import type { Schema } from '#kernel/state';

export const crawlerSchema: Schema = {
  part: 'crawler',
  steps: [
    `CREATE TABLE crawler_crawler (
       scope TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;

     CREATE TABLE crawler_classifier (
       scope TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (scope, name)) STRICT, WITHOUT ROWID;

     CREATE TABLE crawler_crawl (
       scope TEXT NOT NULL, crawler TEXT NOT NULL, started_ms INTEGER NOT NULL, id TEXT NOT NULL,
       state TEXT NOT NULL, body TEXT NOT NULL,
       PRIMARY KEY (scope, crawler, started_ms, id),
       FOREIGN KEY (scope, crawler) REFERENCES crawler_crawler ON DELETE CASCADE) STRICT, WITHOUT ROWID;
     CREATE INDEX crawler_crawl_state ON crawler_crawl (state);

     -- "location" is the include path, a blank and the folder. The fingerprint is that of the folder's files and of the way
     -- they were read.
     CREATE TABLE crawler_folder (
       scope TEXT NOT NULL, crawler TEXT NOT NULL, location TEXT NOT NULL, fingerprint TEXT NOT NULL, contents TEXT NOT NULL,
       PRIMARY KEY (scope, crawler, location),
       FOREIGN KEY (scope, crawler) REFERENCES crawler_crawler ON DELETE CASCADE) STRICT, WITHOUT ROWID;`,
  ],
};
