/** Custom classifiers with Glue's options. They come before the built-in ones and are tried in the order they are given. */
import { badDefinition } from '../errors.ts';
import { inferDelimited, type DelimitedOptions } from '../delimited/index.ts';
import { compileGrokOf } from '../grok/index.ts';
import { inferJson, parseJsonPath } from '../json/index.ts';
import { assertRowTag, inferXml } from '../xml.ts';
import { csvClassification, grokClassification, jsonClassification, linesOf, xmlClassification } from './built-in.ts';
import type { Classification, ClassifySample } from './sample.ts';

export type CustomClassifier = GrokClassifier | XmlClassifier | JsonClassifier | CsvClassifier;

export interface GrokClassifier {
  readonly kind: 'grok';
  readonly name: string;
  readonly classification: string;
  readonly grokPattern: string;
  readonly customPatterns?: string;
}

export interface XmlClassifier {
  readonly kind: 'xml';
  readonly name: string;
  readonly classification: string;
  readonly rowTag: string;
}

export interface JsonClassifier {
  readonly kind: 'json';
  readonly name: string;
  readonly jsonPath: string;
}

export interface CsvClassifier {
  readonly kind: 'csv';
  readonly name: string;
  readonly delimiter?: string;
  readonly quoteSymbol?: string;
  readonly containsHeader?: 'UNKNOWN' | 'PRESENT' | 'ABSENT';
  readonly header?: readonly string[];
  readonly disableValueTrimming?: boolean;
  readonly allowSingleColumn?: boolean;
  readonly customDatatypes?: readonly string[];
  readonly serde?: 'OpenCSVSerDe' | 'LazySimpleSerDe' | 'None';
}

/** Checks a custom classifier when it is made. @throws InvalidInputException naming what is wrong */
export function validateClassifier(classifier: CustomClassifier): void {
  switch (classifier.kind) {
    case 'grok':
      compileGrokOf(classifier.grokPattern, classifier.customPatterns);
      return;
    case 'xml':
      assertRowTag(classifier.rowTag);
      return;
    case 'json':
      parseJsonPath(classifier.jsonPath);
      return;
    case 'csv':
      validateCsv(classifier);
  }
}

function validateCsv({ delimiter, quoteSymbol, header }: CsvClassifier): void {
  if (delimiter !== undefined && Array.from(delimiter).length !== 1)
    throw badDefinition('Delimiter', delimiter, 'it must be one character');
  if (quoteSymbol !== undefined && Array.from(quoteSymbol).length !== 1) {
    throw badDefinition('Quote symbol', quoteSymbol, 'it must be one character');
  }
  if (delimiter !== undefined && delimiter === quoteSymbol) {
    throw badDefinition('Quote symbol', quoteSymbol, 'it must differ from the delimiter');
  }
  const names = (header ?? []).map((name) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw badDefinition('Header', twice, 'each name may come once');
}

/** @returns undefined when the sample is not what the classifier describes */
export function classifyCustom(sample: ClassifySample, classifier: CustomClassifier): Classification | undefined {
  const found = tryCustom(sample, classifier);
  return found === undefined ? undefined : { ...found, reason: `classifier '${classifier.name}': ${found.reason}` };
}

function tryCustom(sample: ClassifySample, classifier: CustomClassifier): Classification | undefined {
  switch (classifier.kind) {
    case 'grok':
      return tryGrok(sample, classifier);
    case 'xml': {
      const xml = inferXml(sample.head, classifier.rowTag);
      return xml === undefined
        ? undefined
        : xmlClassification(sample, classifier.classification, xml, classifier.rowTag);
    }
    case 'json': {
      const path = parseJsonPath(classifier.jsonPath);
      const json = inferJson(sample.head, sample.isWhole, path);
      return json === undefined
        ? undefined
        : jsonClassification(sample, json, path.steps.length === 0 ? undefined : path.text);
    }
    case 'csv':
      return tryCsv(sample, classifier);
  }
}

function tryGrok(sample: ClassifySample, classifier: GrokClassifier): Classification | undefined {
  const pattern = compileGrokOf(classifier.grokPattern, classifier.customPatterns);
  const lines = linesOf(sample).slice(0, 200);
  const matched = lines.filter((line) => pattern.match(line) !== undefined).length;
  if (lines.length === 0 || matched * 2 < lines.length || pattern.fields.length === 0) return undefined;
  return grokClassification(sample, {
    classification: classifier.classification,
    pattern: classifier.grokPattern,
    customPatterns: classifier.customPatterns ?? '',
    rowCount: lines.length,
    certainty: matched / lines.length,
    reason: `${matched} of the first ${lines.length} lines match the grok pattern`,
  });
}

function tryCsv(sample: ClassifySample, classifier: CsvClassifier): Classification | undefined {
  const { containsHeader = 'UNKNOWN', header, customDatatypes = [] } = classifier;
  const isTemporal = customDatatypes.some((type) => ['DATE', 'TIMESTAMP'].includes(type.toUpperCase()));
  const options: DelimitedOptions = {
    ...(classifier.delimiter === undefined ? {} : { delimiter: classifier.delimiter }),
    ...(classifier.quoteSymbol === undefined ? {} : { quote: classifier.quoteSymbol }),
    ...(containsHeader === 'UNKNOWN' ? {} : { hasHeader: containsHeader === 'PRESENT' }),
    ...(header === undefined || header.length === 0 ? {} : { names: header.map((name) => name.toLowerCase()) }),
    isSingleColumnAllowed: classifier.allowSingleColumn ?? false,
    isTrimmed: classifier.disableValueTrimming !== true,
    typing: { isTemporal },
  };
  const csv = inferDelimited(sample.head, sample.isWhole, options);
  if (csv === undefined || (csv.columns.length < 2 && classifier.allowSingleColumn !== true)) return undefined;
  const serde = { OpenCSVSerDe: 'open', LazySimpleSerDe: 'lazy', None: 'none' } as const;
  return csvClassification(sample, csv, classifier.serde === undefined ? undefined : serde[classifier.serde]);
}
