/** A query: its commands, each a step that takes records and hands records on. */
import { compareValues, isTrue, parseExpression, type Expression } from './expression.ts';
import { aggregates, type Aggregate, type Sample } from './functions.ts';
import { fieldOf, numberOf, parseTime, type QueryRecord, type Value } from './record.ts';
import { TokenReader } from './token-reader.ts';

type Step = (records: readonly QueryRecord[]) => readonly QueryRecord[];

export interface Gathering {
  add(records: readonly QueryRecord[]): void;
  finish(): readonly QueryRecord[];
}

export interface Query {
  /** What one event must pass or gets on its way, before the first step that needs to see all of them. */
  readonly early: readonly Step[];
  /** Takes what has passed page by page, where the next step needs no more of it. */
  readonly gather: (() => Gathering) | undefined;
  readonly late: readonly Step[];
  /** The columns of the answer. */
  readonly columns: readonly string[];
  /** Whether a record of the answer is an event still. */
  readonly keepsEvents: boolean;
  /** Rows that are sorted by none of the commands come newest first. */
  readonly isSorted: boolean;
}

interface Draft {
  readonly steps: { readonly step: Step; readonly isEarly: boolean; readonly gather?: () => Gathering }[];
  columns: string[] | undefined;
  keepsEvents: boolean;
  isSorted: boolean;
}

const unserved = ['unnest', 'pattern', 'diff', 'anomaly', 'unmask', 'source', 'filterindex', 'join', 'lookup'];

/** @throws MalformedQueryException saying what cannot be read, and where */
export function parseQuery(text: string): Query {
  const reader = new TokenReader(text);
  const draft: Draft = { steps: [], columns: undefined, keepsEvents: true, isSorted: false };
  do {
    if (reader.isAtEnd) break;
    parseCommand(reader, draft);
  } while (reader.takeSymbol('|'));
  if (!reader.isAtEnd) throw reader.fault("'|' is expected");
  const firstLate = draft.steps.findIndex(({ isEarly }) => !isEarly);
  const cut = firstLate === -1 ? draft.steps.length : firstLate;
  const gather = draft.steps[cut]?.gather;
  return {
    early: draft.steps.slice(0, cut).map(({ step }) => step),
    gather,
    late: draft.steps.slice(gather === undefined ? cut : cut + 1).map(({ step }) => step),
    columns: draft.columns ?? ['@timestamp', '@message'],
    keepsEvents: draft.keepsEvents,
    isSorted: draft.isSorted,
  };
}

function parseCommand(reader: TokenReader, draft: Draft): void {
  const word = reader.expectName('a command').toLowerCase();
  switch (word) {
    case 'fields':
    case 'display':
      return parseColumns(reader, draft, word === 'fields');
    case 'filter': {
      const test = parseExpression(reader);
      draft.steps.push({ step: (records) => records.filter((record) => isTrue(test(record))), isEarly: true });
      return;
    }
    case 'parse':
      draft.steps.push({ step: parseParse(reader), isEarly: true });
      return;
    case 'stats':
      return parseStats(reader, draft);
    case 'sort':
      draft.isSorted = true;
      draft.steps.push({ step: parseSort(reader), isEarly: false });
      return;
    case 'dedup': {
      const names = reader.list(() => reader.expectName('a field'));
      draft.steps.push({ step: (records) => withoutRepeats(records, names), isEarly: false });
      return;
    }
    case 'limit': {
      const { kind, text } = reader.take();
      if (kind !== 'number' || !/^\d+$/.test(text) || Number(text) < 1)
        throw reader.faultAtLast('limit takes a number of rows');
      draft.steps.push({ step: (records) => records.slice(0, Number(text)), isEarly: false });
      return;
    }
    default:
      throw reader.faultAtLast(
        unserved.includes(word) ? `the command '${word}' is not served here` : `'${word}' is not a command`,
      );
  }
}

/** `fields` adds columns, `display` says which there are. */
function parseColumns(reader: TokenReader, draft: Draft, isMore: boolean): void {
  const columns = reader.list(() => parseNamed(reader, () => parseExpression(reader)));
  const names = columns.map(({ name }) => name);
  draft.columns = isMore && draft.keepsEvents ? [...new Set([...(draft.columns ?? []), ...names])] : names;
  // A column that is a field as it stands needs no work.
  const made = columns.filter(({ name, text }) => name !== text || !/^`?[@\w.]+`?$/.test(text));
  if (made.length > 0) {
    draft.steps.push({
      step: (records) =>
        records.map((record) =>
          withMade(
            record,
            made.map(({ name, item }) => [name, item(record)]),
          ),
        ),
      isEarly: true,
    });
  }
}

function parseNamed<Item>(reader: TokenReader, read: () => Item): { name: string; text: string; item: Item } {
  const { item, text } = reader.textOf(read);
  const name = reader.takeWord('as') ? reader.expectName('a name') : text.replaceAll(/^`|`$/g, '');
  return { name, text, item };
}

function withMade(record: QueryRecord, fields: readonly (readonly [string, Value])[]): QueryRecord {
  return { ...record, made: new Map([...record.made, ...fields]) };
}

/** `parse field "a * b *" as x, y` or `parse field /(?<x>…)/` */
function parseParse(reader: TokenReader): Step {
  const { kind } = reader.peek();
  const source: Expression =
    kind === 'string' || kind === 'regex' ? (record) => fieldOf(record, '@message') : parseExpression(reader);
  const pattern = reader.take();
  if (pattern.kind !== 'string' && pattern.kind !== 'regex')
    throw reader.faultAtLast('parse takes a text with * in quotes or a /regular expression/');
  const isGlob = pattern.kind === 'string';
  const regex = reader.regexOf(isGlob ? globRegex(pattern.text) : pattern.text);
  const names = reader.takeWord('as') ? reader.list(() => reader.expectName('a name')) : [];
  const groups: readonly (readonly [string, string | number])[] = isGlob
    ? names.map((name, at) => [name, at + 1] as const)
    : Object.entries(regex.namedGroups());
  const stars = pattern.text.split('*').length - 1;
  if (isGlob ? names.length !== stars : groups.length === 0)
    throw reader.faultAtLast(
      isGlob ? `parse has ${stars} * and ${names.length} names` : 'the expression of parse has no named group',
    );
  return (records) =>
    records.map((record) => {
      const value = source(record);
      const matcher = regex.matcher(String(value ?? ''));
      const isFound = value !== undefined && matcher.find();
      return withMade(
        record,
        groups.map(([name, group]) => [name, isFound ? (matcher.group(group) ?? undefined) : undefined]),
      );
    });
}

function globRegex(glob: string): string {
  const parts = glob.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  // The last star takes all that is left.
  return parts.reduce(
    (regex, part, at) => `${regex}${at === 0 ? '' : part === '' && at === parts.length - 1 ? '(.*)' : '(.*?)'}${part}`,
    '(?s)',
  );
}

/** A value of many records, kept under a key of its own until the columns are computed from it. */
interface Measure {
  readonly key: string;
  readonly field: Expression;
  readonly aggregate: Aggregate;
  readonly argument: number;
}

interface Named {
  readonly name: string;
  readonly item: Expression;
}

interface Stats {
  readonly keys: readonly Named[];
  readonly measures: readonly Measure[];
  readonly columns: readonly Named[];
}

/** `stats max(a) - min(a) as span, span / 2 as half by b`: a column may use those before it. */
function parseStats(reader: TokenReader, draft: Draft): void {
  const measures: Measure[] = [];
  const columns = reader.within(
    (name) => {
      if (!aggregates.has(name.toLowerCase())) return undefined;
      const key = `\0${measures.length}`;
      measures.push({ key, ...parseAggregate(reader, name) });
      return (record) => record.made.get(key);
    },
    () => reader.list(() => parseNamed(reader, () => parseExpression(reader))),
  );
  if (measures.length === 0) throw reader.faultAtLast('stats takes functions of many records, such as count(*)');
  const keys = reader.takeWord('by') ? reader.list(() => parseNamed(reader, () => parseExpression(reader))) : [];
  const gather = (): Groups => new Groups({ keys, measures, columns });
  const step: Step = (records) => {
    const groups = gather();
    groups.add(records);
    return groups.finish();
  };
  draft.steps.push({ step, isEarly: false, gather });
  draft.columns = [...keys, ...columns].map(({ name }) => name);
  draft.keepsEvents = false;
  draft.isSorted = true;
}

/** The part in parentheses. */
function parseAggregate(reader: TokenReader, name: string): Omit<Measure, 'key'> {
  const aggregate = aggregates.get(name.toLowerCase())!;
  return reader.within(
    () => undefined,
    () => {
      reader.expectSymbol('(');
      const countsAll = name.toLowerCase() === 'count' && (reader.peekSymbol(')') || reader.takeSymbol('*'));
      const field: Expression = countsAll ? () => 1 : parseExpression(reader);
      const argument = reader.takeSymbol(',') ? Number(reader.take().text) : Number.NaN;
      if (name.toLowerCase() === 'pct' && !(argument >= 0 && argument <= 100))
        throw reader.faultAtLast('pct takes a field and a number from 0 to 100');
      reader.expectSymbol(')');
      return { field, aggregate, argument };
    },
  );
}

/** Groups that grow with each page of records, of which they keep nothing but the values they need. */
class Groups implements Gathering {
  readonly #stats: Stats;
  readonly #groups = new Map<string, { readonly values: readonly Value[]; readonly samples: readonly Sample[][] }>();

  constructor(stats: Stats) {
    this.#stats = stats;
    // Without groups there is an answer though nothing was found.
    if (stats.keys.length === 0) this.#groups.set('[]', { values: [], samples: stats.measures.map(() => []) });
  }

  add(records: readonly QueryRecord[]): void {
    const { keys, measures } = this.#stats;
    for (const record of records) {
      const values = keys.map(({ item }) => item(record));
      const id = JSON.stringify(values);
      const group = this.#groups.get(id) ?? { values, samples: measures.map(() => []) };
      this.#groups.set(id, group);
      const timeMs = record.event?.timestampMs ?? parseTime(fieldOf(record, '@timestamp'));
      for (const [at, { field }] of measures.entries()) group.samples[at]?.push({ value: field(record), timeMs });
    }
  }

  finish(): QueryRecord[] {
    const { keys, measures, columns } = this.#stats;
    return [...this.#groups.values()].map(({ values, samples }) => {
      const made = new Map(keys.map(({ name }, at) => [name, values[at]]));
      for (const [at, { key, aggregate, argument }] of measures.entries())
        made.set(key, aggregate(samples[at] ?? [], argument));
      for (const { name, item } of columns) made.set(name, item({ made }));
      return { made };
    });
  }
}

/** `sort a desc, b`; `sort by a` is read too. */
function parseSort(reader: TokenReader): Step {
  if (reader.peekWord('by') && reader.peek(1).kind !== 'symbol' && reader.peek(1).kind !== 'end') reader.takeWord('by');
  const keys = reader.list(() => {
    const { item, text } = reader.textOf(() => parseSortKey(reader));
    const name = text.replaceAll(/^`|`$/g, '');
    const isDown = reader.takeWord('desc') || (reader.takeWord('asc'), false);
    return { value: (record: QueryRecord) => (record.made.has(name) ? record.made.get(name) : item(record)), isDown };
  });
  return (records) => {
    // Read once: comparing would read the JSON of a message again and again.
    const keyed = records.map((record) => ({ record, values: keys.map(({ value }) => value(record)) }));
    keyed.sort((a, b) => {
      for (const [at, { isDown }] of keys.entries()) {
        const order = compareValues(a.values[at], b.values[at]);
        if (order !== 0) return isDown ? -order : order;
      }
      return 0;
    });
    return keyed.map(({ record }) => record);
  };
}

/** A column may be called as its function was written, such as `count(*)`, which is no expression of one record. */
function parseSortKey(reader: TokenReader): Expression {
  return reader.within(
    (name) => {
      if (!aggregates.has(name.toLowerCase())) return undefined;
      parseAggregate(reader, name);
      return () => undefined;
    },
    () => parseExpression(reader),
  );
}

function withoutRepeats(records: readonly QueryRecord[], names: readonly string[]): QueryRecord[] {
  const seen = new Set<string>();
  return records.filter((record) => {
    const values = names.map((name) => fieldOf(record, name));
    // A record that lacks one of them is like no other.
    if (values.includes(undefined)) return true;
    const id = JSON.stringify(values);
    const isNew = !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

/** The text of a value in an answer. */
export function textOf(value: Value): string {
  if (typeof value !== 'number') return String(value);
  return String(Math.round(numberOf(value) * 10_000) / 10_000);
}
