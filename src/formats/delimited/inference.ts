/** Column types over a stream of pieces, in memory that grows with the columns and not with the rows. */
import type { Column } from '../hive-type.ts';
import { TypeTally, type ScalarTyping } from './cell-type.ts';
import { RowSplitter } from './rows.ts';

export class DelimitedInference {
  rowCount = 0;
  raggedRows = 0;
  readonly #names: readonly string[];
  readonly #tallies: TypeTally[];
  readonly #splitter: RowSplitter;
  readonly #decoder = new TextDecoder();
  #skipRows: number;

  /** @param names the columns; cells beyond them are dropped, as Hive drops them */
  constructor(
    names: readonly string[],
    options: {
      delimiter: string;
      quote: string | undefined;
      hasHeader: boolean;
      typing?: ScalarTyping;
      isTrimmed?: boolean;
    },
  ) {
    this.#names = names;
    this.#tallies = names.map(() => new TypeTally(options.typing));
    this.#splitter = new RowSplitter(options.delimiter, options.quote, { isTrimmed: options.isTrimmed ?? true });
    this.#skipRows = options.hasHeader ? 1 : 0;
  }

  push(bytes: Uint8Array): void {
    this.pushText(this.#decoder.decode(bytes, { stream: true }));
  }

  pushText(text: string): void {
    for (const row of this.#splitter.push(text)) this.#add(row);
  }

  /** Counts the last row where it has no line end. */
  end(): void {
    for (const row of this.#splitter.end()) this.#add(row);
  }

  get columns(): Column[] {
    return this.#names.map((name, index) => ({ name, type: (this.#tallies[index] as TypeTally).type }));
  }

  get tallies(): readonly TypeTally[] {
    return this.#tallies;
  }

  #add(row: readonly string[]): void {
    if (this.#skipRows > 0) {
      this.#skipRows -= 1;
      return;
    }
    this.rowCount += 1;
    if (row.length !== this.#names.length) this.raggedRows += 1;
    const width = Math.min(row.length, this.#tallies.length);
    for (let index = 0; index < width; index += 1) (this.#tallies[index] as TypeTally).add(row[index] as string);
  }
}
