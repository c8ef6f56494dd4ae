/** What one translation gathers while it walks the tree: scans, names given, columns read. */
import { SqlError } from '../errors.ts';
import { parseExpression } from '../parser/statement-parser.ts';
import type { Expression, Position } from '../tree/expressions.ts';
import type { PartitionPredicate } from './partition-filter.ts';
import type { RelationColumn, RelationName, TranslateOptions } from './translation.ts';

export interface ScanState {
  readonly index: number;
  readonly alias: string;
  /** What the SQL calls it where a column is meant: `reference."column"`. */
  readonly reference: string;
  readonly name: RelationName;
  readonly handle: unknown;
  readonly columns: readonly RelationColumn[];
  readonly partitionKeys: readonly RelationColumn[];
  readonly used: Set<string>;
  readonly predicates: {
    readonly predicate: PartitionPredicate;
    readonly through: readonly { references: number }[];
  }[];
  usesPath: boolean;
}

// Limit: views stand in views at most 50 deep; a query reads at most 1,000 tables.
const viewDepthMax = 50;
const scansMax = 1000;

export class Session {
  readonly options: TranslateOptions;
  readonly scans: ScanState[] = [];
  parametersUsed = 0;
  readonly #dropped = new Set<number>();
  #names = 0;
  #uses: (() => void)[] | undefined;
  readonly #views: string[] = [];

  constructor(options: TranslateOptions) {
    this.options = options;
  }

  /** A name that nothing else in this translation has. */
  newName(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  addScan(at: Position, scan: Pick<ScanState, 'name' | 'handle' | 'columns' | 'partitionKeys'>): ScanState {
    if (this.scans.length >= scansMax) {
      throw new SqlError('STATEMENT_TOO_LARGE', at, `the query reads more than ${scansMax} tables`);
    }
    const index = this.scans.length;
    const state: ScanState = {
      ...scan,
      index,
      alias: `scan_${index}`,
      reference: this.newName('t'),
      used: new Set(),
      predicates: [],
      usesPath: false,
    };
    this.scans.push(state);
    return state;
  }

  /** Takes a scan back that turned out not to be read. */
  dropScan(index: number): void {
    this.#dropped.add(index);
  }

  isDropped(index: number): boolean {
    return this.#dropped.has(index);
  }

  /** Notes that a column is read: at once, or when what `captureUses` gathered is run. */
  use(onUse: (() => void) | undefined): void {
    if (onUse === undefined) return;
    if (this.#uses === undefined) onUse();
    else this.#uses.push(onUse);
  }

  /** The expression given for a `?`. @throws INVALID_PARAMETER_USAGE */
  parameter(index: number, at: Position): Expression {
    this.parametersUsed = Math.max(this.parametersUsed, index + 1);
    const text = this.options.parameters?.[index];
    if (text === undefined) {
      throw new SqlError('INVALID_PARAMETER_USAGE', at, `no value was given for parameter ${index + 1}`);
    }
    return parseExpression(text);
  }

  /** Runs `translate` and holds back what it reads, so that an output nobody reads costs nothing. */
  captureUses<T>(translate: () => T): { readonly value: T; readonly onUse: () => void } {
    const outer = this.#uses;
    const uses: (() => void)[] = [];
    this.#uses = uses;
    try {
      const value = translate();
      return { value, onUse: () => uses.forEach((use) => use()) };
    } finally {
      this.#uses = outer;
    }
  }

  /** @throws VIEW_IS_RECURSIVE for a view that stands in itself */
  insideView<T>(name: string, at: Position, translate: () => T): T {
    if (this.#views.includes(name)) throw new SqlError('VIEW_IS_RECURSIVE', at, `View '${name}' stands in itself`);
    if (this.#views.length >= viewDepthMax) {
      throw new SqlError('STATEMENT_TOO_LARGE', at, `views stand in views more than ${viewDepthMax} levels deep`);
    }
    this.#views.push(name);
    try {
      return translate();
    } finally {
      this.#views.pop();
    }
  }
}
