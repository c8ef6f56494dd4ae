/**
 * The built-in classifiers in Glue's order: Avro, ORC, Parquet, JSON, XML, logs, CSV. The first that is certain answers.
 */
import { readAvroMeta } from '../avro/index.ts';
import { inferDelimited, type DelimitedSchema } from '../delimited/index.ts';
import { compileGrokOf, grokColumns, logFormats } from '../grok/index.ts';
import { inferJson, type JsonSchema } from '../json/index.ts';
import { readOrcMeta } from '../orc/index.ts';
import { readParquetMeta } from '../parquet/index.ts';
import { inferXml, looksLikeXml } from '../xml.ts';
import { commonParameters, type Classification, type ClassifySample } from './sample.ts';
import * as storage from './storage.ts';

/** Rows of a log that must match for a log format to be taken. */
const logShareMin = 0.9;
const logLinesMax = 1000;

export async function classifyBuiltIn(sample: ClassifySample): Promise<Classification | undefined> {
  const magic = Buffer.from(sample.head.subarray(0, 4)).toString('latin1');
  if (magic === 'Obj\u0001') return classifyAvro(sample);
  if (magic.startsWith('ORC')) return classifyOrc(sample);
  if (magic === 'PAR1') return classifyParquet(sample);
  return classifyText(sample);
}

function classifyText(sample: ClassifySample): Classification | undefined {
  const json = inferJson(sample.head, sample.isWhole);
  if (json !== undefined) return jsonClassification(sample, json);
  if (looksLikeXml(sample.head)) {
    const xml = inferXml(sample.head);
    if (xml !== undefined) return xmlClassification(sample, 'xml', xml, '');
  }
  const log = classifyLog(sample);
  if (log !== undefined) return log;
  const csv = inferDelimited(sample.head, sample.isWhole);
  return csv !== undefined && csv.evenness >= 0.7 ? csvClassification(sample, csv) : undefined;
}

function classifyAvro(sample: ClassifySample): Classification {
  const meta = readAvroMeta(sample.head);
  return {
    classification: 'avro',
    certainty: 1,
    columns: meta.columns,
    parameters: { ...commonParameters(sample, 'avro'), 'avro.schema.literal': meta.schemaText },
    storage: storage.avroStorage(meta.schemaText),
    rowCount: 0,
    isRowCountExact: false,
    reason: `Avro by its first bytes; the schema is in the file; blocks are ${meta.codec}`,
  };
}

async function classifyOrc(sample: ClassifySample): Promise<Classification> {
  const meta = await readOrcMeta(sample.reader);
  return {
    classification: 'orc',
    certainty: 1,
    columns: meta.columns,
    parameters: commonParameters(sample, 'orc'),
    storage: storage.orcStorage,
    rowCount: meta.rowCount,
    isRowCountExact: true,
    reason: `ORC by its first bytes; the schema is in its footer; ${meta.stripes.length} stripes, compressed by ${meta.compression}`,
  };
}

async function classifyParquet(sample: ClassifySample): Promise<Classification> {
  const meta = await readParquetMeta(sample.reader);
  return {
    classification: 'parquet',
    certainty: 1,
    columns: meta.columns,
    parameters: commonParameters(sample, 'parquet'),
    storage: storage.parquetStorage,
    rowCount: meta.rowCount,
    isRowCountExact: true,
    reason: `Parquet by its first bytes; the schema is in its footer; ${meta.rowGroups.length} row groups, written by ${meta.createdBy || 'an unknown writer'}`,
  };
}

function classifyLog(sample: ClassifySample): Classification | undefined {
  const lines = linesOf(sample);
  if (lines.length === 0) return undefined;
  for (const format of logFormats) {
    const pattern = format.compile();
    if (pattern.match(lines[0] as string) === undefined && pattern.match(lines[1] ?? '') === undefined) continue;
    const matched = lines.filter((line) => pattern.match(line) !== undefined).length;
    if (matched < lines.length * logShareMin) continue;
    return grokClassification(sample, {
      classification: format.classification,
      pattern: format.pattern,
      customPatterns: '',
      rowCount: lines.length,
      certainty: matched / lines.length,
      reason: `${format.title}: ${matched} of the first ${lines.length} lines match`,
    });
  }
  return undefined;
}

/** Lines of the head that are whole and not blank, a thousand at most. */
export function linesOf(sample: ClassifySample): string[] {
  const probe = sample.head.subarray(0, 1 << 20);
  if (probe.includes(0)) return [];
  const lines = new TextDecoder().decode(probe).split(/\r\n|\n|\r/);
  const isCut = !sample.isWhole || probe.length < sample.head.length;
  if (isCut) lines.pop();
  return lines.filter((line) => line.trim() !== '').slice(0, logLinesMax);
}

export function grokClassification(
  sample: ClassifySample,
  found: {
    classification: string;
    pattern: string;
    customPatterns: string;
    rowCount: number;
    certainty: number;
    reason: string;
  },
): Classification {
  return {
    classification: found.classification,
    certainty: found.certainty,
    columns: grokColumns(compileGrokOf(found.pattern, found.customPatterns)),
    parameters: {
      ...commonParameters(sample, found.classification),
      grokPattern: found.pattern,
      ...(found.customPatterns === '' ? {} : { grokCustomPatterns: found.customPatterns }),
    },
    storage: storage.grokStorage(found.pattern, found.customPatterns),
    rowCount: found.rowCount,
    isRowCountExact: false,
    reason: found.reason,
  };
}

export function jsonClassification(sample: ClassifySample, json: JsonSchema, jsonPath?: string): Classification {
  return {
    classification: 'json',
    certainty: 1 - json.malformed / (json.rowCount + json.malformed),
    columns: json.columns,
    parameters: { ...commonParameters(sample, 'json'), ...(jsonPath === undefined ? {} : { jsonPath }) },
    storage: storage.jsonStorage(json.columns.map((column) => column.name)),
    rowCount: json.rowCount,
    isRowCountExact: sample.isWhole,
    reason: json.reason,
  };
}

export function xmlClassification(
  sample: ClassifySample,
  classification: string,
  xml: { columns: Classification['columns']; rowCount: number; reason: string },
  rowTag: string,
): Classification {
  return {
    classification,
    certainty: 1,
    columns: xml.columns,
    parameters: { ...commonParameters(sample, classification), ...(rowTag === '' ? {} : { rowTag }) },
    storage: storage.xmlStorage(rowTag),
    rowCount: xml.rowCount,
    isRowCountExact: sample.isWhole,
    reason: xml.reason,
  };
}

/** @param serde what a custom classifier asks for; by itself, OpenCSVSerde where cells are quoted */
export function csvClassification(
  sample: ClassifySample,
  csv: DelimitedSchema,
  serde?: 'open' | 'lazy' | 'none',
): Classification {
  const isOpen = serde === 'open' || (serde === undefined && csv.quote !== undefined);
  return {
    classification: 'csv',
    certainty: csv.evenness,
    columns: csv.columns,
    parameters: {
      ...commonParameters(sample, 'csv'),
      delimiter: csv.delimiter,
      columnsOrdered: 'true',
      areColumnsQuoted: String(csv.quote !== undefined),
      ...(csv.hasHeader ? { 'skip.header.line.count': '1' } : {}),
    },
    storage: isOpen
      ? storage.openCsvStorage(csv.delimiter, csv.quote ?? '"')
      : storage.lazySimpleStorage(csv.delimiter),
    rowCount: csv.rowCount,
    isRowCountExact: sample.isWhole,
    reason: csv.reason,
  };
}
