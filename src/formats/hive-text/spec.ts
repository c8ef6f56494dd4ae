/**
 * How a table's text becomes cells: the SerDe and its properties as Hive, Glue and Athena name them, made definite once.
 */
import { badDefinition, unsupportedData } from '../errors.ts';
import type { Column } from '../hive-type.ts';
import { isNested, type PlainTextLayout } from '../plain-text.ts';

/** What a Glue table says about its text: `StorageDescriptor.SerdeInfo` and the table's own parameters. */
export interface TextTable {
  readonly serializationLibrary: string;
  readonly serdeParameters: Readonly<Record<string, string>>;
  /** `skip.header.line.count`, `skip.footer.line.count`, … */
  readonly tableParameters: Readonly<Record<string, string>>;
  readonly inputFormat?: string;
  /** Data columns in the order of the table; partition keys are not among them. */
  readonly columns: readonly Column[];
}

interface SpecBase {
  readonly columns: readonly Column[];
  readonly skipHeaderLines: number;
  readonly skipFooterLines: number;
  /** What `normalise` writes for this table. */
  readonly layout: PlainTextLayout;
  /** Times may be written `2018-01-31T10:00:00Z` too (`timestamp.formats`, JSON). */
  readonly isIsoTime: boolean;
}

export interface LazySimpleSpec extends SpecBase {
  readonly serde: 'lazy-simple';
  /** Field delimiter first, then collection items, map keys, and the deeper levels. Single bytes. */
  readonly separators: readonly number[];
  readonly escape: number | undefined;
  readonly nullText: string;
}

export interface OpenCsvSpec extends SpecBase {
  readonly serde: 'open-csv';
  readonly separator: number;
  readonly quote: number;
  readonly escape: number;
}

export interface JsonSpec extends SpecBase {
  readonly serde: 'json-openx' | 'json-hive';
  /** Column name to JSON key (`mapping.<column>`). */
  readonly mappings: Readonly<Record<string, string>>;
  readonly isCaseInsensitive: boolean;
  readonly dotsInKeys: boolean;
  /** `ignore.malformed.json`: where false, AWS fails the query when `malformedLines` is not 0. */
  readonly isMalformedIgnored: boolean;
  /** Which parts of each document are rows, from a JSON classifier. */
  readonly rowPath: string | undefined;
}

export interface PatternSpec extends SpecBase {
  readonly serde: 'regex' | 'grok';
  /** `input.regex` or `input.format`. */
  readonly pattern: string;
  /** `input.grokCustomPatterns`. */
  readonly customPatterns: string;
  readonly isCaseInsensitive: boolean;
}

export type TextSpec = LazySimpleSpec | OpenCsvSpec | JsonSpec | PatternSpec;

/** @throws HIVE_UNSUPPORTED_FORMAT naming the SerDe, InvalidInputException naming the property */
export function textSpecOf(table: TextTable): TextSpec {
  const library = table.serializationLibrary.split('.').at(-1)?.toLowerCase() ?? '';
  switch (library) {
    case 'lazysimpleserde':
      return lazySimple(table);
    case 'opencsvserde':
    case 'csvserde':
      return openCsv(table);
    case 'jsonserde':
      return json(table, table.serializationLibrary.startsWith('org.openx') ? 'json-openx' : 'json-hive');
    case 'cloudtrailserde':
      return json(table, 'json-hive');
    case 'grokserde':
      return pattern(table, 'grok', 'input.format');
    case 'regexserde':
      return pattern(table, 'regex', 'input.regex');
    default:
      throw unsupportedData('Hive text', `SerDe '${table.serializationLibrary}'`);
  }
}

/**
 * Whether the table as such needs the tolerant reader (nested columns, escapes, JSON, patterns, footer lines, …); when
 * false, DuckDB's CSV reader gives Hive's answer for every file whose bytes `isStrictText` accepts.
 */
export function needsTolerantReader(spec: TextSpec): boolean {
  if (spec.layout.format !== 'csv' || spec.skipFooterLines > 0 || spec.columns.length < 2) return true;
  if (spec.columns.some((column) => column.type.kind === 'binary')) return true;
  return spec.serde === 'lazy-simple' ? false : !(spec.serde === 'open-csv' && spec.quote === 0x22);
}

function base(table: TextTable): Omit<SpecBase, 'layout'> {
  const parameters = { ...table.tableParameters, ...table.serdeParameters };
  return {
    columns: table.columns,
    skipHeaderLines: lineCount(parameters, 'skip.header.line.count'),
    skipFooterLines: lineCount(parameters, 'skip.footer.line.count'),
    isIsoTime: parameters['timestamp.formats']?.includes('T') ?? false,
  };
}

function lazySimple(table: TextTable): LazySimpleSpec {
  const own = table.serdeParameters;
  const field = own['field.delim'] ?? own['serialization.format'];
  const separators = Array.from({ length: 9 }, (_, index) => index + 1);
  separators[0] = separatorOf('field.delim', field, 1);
  separators[1] = separatorOf('collection.delim', own['collection.delim'] ?? own['colelction.delim'], 2);
  separators[2] = separatorOf('mapkey.delim', own['mapkey.delim'], 3);
  const nullText = own['serialization.null.format'] ?? table.tableParameters['serialization.null.format'] ?? '\\N';
  const isFlat = !table.columns.some((column) => isNested(column.type));
  // A row of one empty cell would be a blank line, which a CSV reader passes over.
  const canBeCsv = isFlat && table.columns.length > 0 && (table.columns.length > 1 || nullText !== '');
  return {
    ...base(table),
    serde: 'lazy-simple',
    separators,
    escape: own['escape.delim'] === undefined ? undefined : separatorOf('escape.delim', own['escape.delim'], 0x5c),
    nullText,
    layout: canBeCsv
      ? {
          format: 'csv',
          delimiter: delimiterOf(separators[0]),
          nullTexts: table.columns.length === 1 || nullText === '' ? [nullText] : [nullText, ''],
        }
      : { format: 'ndjson' },
  };
}

function openCsv(table: TextTable): OpenCsvSpec {
  const own = table.serdeParameters;
  const separator = separatorOf('separatorChar', own['separatorChar'], 0x2c);
  const isFlat = !table.columns.some((column) => isNested(column.type));
  return {
    ...base(table),
    serde: 'open-csv',
    separator,
    quote: separatorOf('quoteChar', own['quoteChar'], 0x22),
    escape: separatorOf('escapeChar', own['escapeChar'], 0x5c),
    layout:
      isFlat && table.columns.length > 1
        ? { format: 'csv', delimiter: delimiterOf(separator), nullTexts: [''] }
        : { format: 'ndjson' },
  };
}

function json(table: TextTable, serde: JsonSpec['serde']): JsonSpec {
  const own = table.serdeParameters;
  const mappings = Object.entries(own).flatMap(([name, key]) =>
    name.startsWith('mapping.') ? [[name.slice('mapping.'.length).toLowerCase(), key]] : [],
  );
  return {
    ...base(table),
    serde,
    isIsoTime: true,
    mappings: Object.fromEntries(mappings) as Record<string, string>,
    isCaseInsensitive: own['case.insensitive']?.toLowerCase() !== 'false',
    dotsInKeys: own['dots.in.keys']?.toLowerCase() === 'true',
    isMalformedIgnored: own['ignore.malformed.json']?.toLowerCase() === 'true',
    rowPath: isCloudTrail(table) ? '$.Records[*]' : (table.tableParameters['jsonPath'] ?? own['jsonPath']),
    layout: { format: 'ndjson' },
  };
}

/** CloudTrail's files hold one object with the records in an array; its SerDe or its input format says so. */
function isCloudTrail({ serializationLibrary, inputFormat = '' }: TextTable): boolean {
  return /CloudTrail(SerDe|InputFormat)$/i.test(serializationLibrary) || inputFormat.endsWith('CloudTrailInputFormat');
}

function pattern(table: TextTable, serde: PatternSpec['serde'], property: string): PatternSpec {
  const own = table.serdeParameters;
  const text = own[property] ?? (serde === 'grok' ? table.tableParameters['grokPattern'] : undefined);
  if (text === undefined || text === '') throw badDefinition('SerDe property', property, 'it must be given');
  return {
    ...base(table),
    serde,
    pattern: text,
    customPatterns: own['input.grokCustomPatterns'] ?? table.tableParameters['grokCustomPatterns'] ?? '',
    isCaseInsensitive: own['input.regex.case.insensitive']?.toLowerCase() === 'true',
    layout:
      table.columns.length > 1 && !table.columns.some((column) => isNested(column.type))
        ? { format: 'csv', delimiter: ',', nullTexts: [''] }
        : { format: 'ndjson' },
  };
}

function lineCount(parameters: Readonly<Record<string, string>>, name: string): number {
  const text = parameters[name]?.trim() ?? '0';
  // Limit: at most 100,000 header or footer lines are skipped.
  if (!/^\d{1,6}$/.test(text) || Number(text) > 100_000)
    throw badDefinition(`Table property ${name}`, text, 'it is no number of lines');
  return Number(text);
}

/** A byte as Hive gives it: one character, its escape (`\t`, `\u0001`, `\001`), or its decimal number. */
function separatorOf(property: string, text: string | undefined, fallback: number): number {
  if (text === undefined || text === '') return fallback;
  if (/^-?\d{1,3}$/.test(text)) return Number(text) & 0xff;
  const named: Record<string, number> = {
    '\\t': 9,
    '\\n': 10,
    '\\r': 13,
    '\\\\': 0x5c,
    "\\'": 0x27,
    '\\"': 0x22,
    '\\0': 0,
  };
  if (text.length > 1 && named[text] !== undefined) return named[text];
  const coded = /^\\(?:u00([0-9a-f]{2})|x([0-9a-f]{2})|([0-7]{3}))$/i.exec(text);
  if (coded !== null)
    return coded[3] === undefined ? Number.parseInt(coded[1] ?? coded[2] ?? '', 16) : Number.parseInt(coded[3], 8);
  const byte = text.charCodeAt(0);
  if (text.length > 1 || byte > 127)
    throw unsupportedData('Hive text', `${property} '${text}', which is not one ASCII character,`);
  return byte;
}

/** The field delimiter goes through to the plain text where DuckDB can take it, so that clean rows are copied whole. */
function delimiterOf(separator: number | undefined): string {
  const isUsable = separator !== undefined && separator > 0 && separator < 128 && ![10, 13, 0x22].includes(separator);
  return isUsable ? String.fromCharCode(separator) : ',';
}
