/** A custom classifier: how a user tells crawlers to read a format that they would not recognise. */
import { type CustomClassifier, validateClassifier } from '#formats/classify/index';
import { invalidInput } from './errors.ts';

export interface ClassifierTimes {
  readonly CreationTime: Date;
  readonly LastUpdated: Date;
  readonly Version: number;
}

export interface GrokClassifier {
  readonly Name: string;
  readonly Classification: string;
  readonly GrokPattern: string;
  readonly CustomPatterns?: string | undefined;
}

export interface XmlClassifier {
  readonly Name: string;
  readonly Classification: string;
  readonly RowTag?: string | undefined;
}

export interface JsonClassifier {
  readonly Name: string;
  readonly JsonPath: string;
}

export interface CsvClassifier {
  readonly Name: string;
  readonly Delimiter?: string | undefined;
  readonly QuoteSymbol?: string | undefined;
  readonly ContainsHeader?: 'UNKNOWN' | 'PRESENT' | 'ABSENT' | undefined;
  readonly Header?: string[] | undefined;
  readonly DisableValueTrimming?: boolean | undefined;
  readonly AllowSingleColumn?: boolean | undefined;
  readonly CustomDatatypeConfigured?: boolean | undefined;
  readonly CustomDatatypes?: string[] | undefined;
  readonly Serde?: 'OpenCSVSerDe' | 'LazySimpleSerDe' | 'None' | undefined;
}

/** Exactly one member is set, as in Glue's shape. */
export interface ClassifierDefinition {
  readonly GrokClassifier?: GrokClassifier | undefined;
  readonly XMLClassifier?: XmlClassifier | undefined;
  readonly JsonClassifier?: JsonClassifier | undefined;
  readonly CsvClassifier?: CsvClassifier | undefined;
}

export interface Classifier extends ClassifierTimes {
  readonly name: string;
  readonly definition: ClassifierDefinition;
}

const kinds = ['GrokClassifier', 'XMLClassifier', 'JsonClassifier', 'CsvClassifier'] as const;

/** @throws InvalidInputException when none or several kinds are given, or one that cannot work */
export function newClassifier(input: ClassifierDefinition, now: Date): Classifier {
  const { kind, fields } = kindOf(input);
  const definition: ClassifierDefinition = { [kind]: fields };
  check(definition);
  return { name: fields.Name, definition, CreationTime: now, LastUpdated: now, Version: 1 };
}

/** Members that the change does not name stay as they are. @throws InvalidInputException when the kind differs */
export function changeClassifier(current: Classifier, input: ClassifierDefinition, now: Date): Classifier {
  const { kind, fields } = kindOf(input);
  const before = current.definition[kind];
  if (before === undefined) throw invalidInput(`Classifier ${current.name} is no ${kind}; its kind cannot change.`);
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const definition: ClassifierDefinition = { [kind]: { ...before, ...given } };
  check(definition);
  return { ...current, definition, LastUpdated: now, Version: current.Version + 1 };
}

/** What the formats need to know of it. */
export function toCustomClassifier({ definition }: Pick<Classifier, 'definition'>): CustomClassifier {
  const { GrokClassifier: grok, XMLClassifier: xml, JsonClassifier: json, CsvClassifier: csv } = definition;
  if (grok) {
    return {
      kind: 'grok',
      name: grok.Name,
      classification: grok.Classification,
      grokPattern: grok.GrokPattern,
      ...(grok.CustomPatterns !== undefined && { customPatterns: grok.CustomPatterns }),
    };
  }
  if (xml) return { kind: 'xml', name: xml.Name, classification: xml.Classification, rowTag: xml.RowTag ?? '' };
  if (json) return { kind: 'json', name: json.Name, jsonPath: json.JsonPath };
  return {
    kind: 'csv',
    name: csv?.Name ?? '',
    ...(csv?.Delimiter !== undefined && { delimiter: csv.Delimiter }),
    ...(csv?.QuoteSymbol !== undefined && { quoteSymbol: csv.QuoteSymbol }),
    ...(csv?.ContainsHeader !== undefined && { containsHeader: csv.ContainsHeader }),
    ...(csv?.Header !== undefined && { header: csv.Header }),
    ...(csv?.DisableValueTrimming !== undefined && { disableValueTrimming: csv.DisableValueTrimming }),
    ...(csv?.AllowSingleColumn !== undefined && { allowSingleColumn: csv.AllowSingleColumn }),
    ...(csv?.CustomDatatypeConfigured === true && { customDatatypes: csv.CustomDatatypes ?? [] }),
    ...(csv?.Serde !== undefined && { serde: csv.Serde }),
  };
}

function kindOf(input: ClassifierDefinition): { kind: (typeof kinds)[number]; fields: { readonly Name: string } } {
  const given = kinds.filter((kind) => input[kind] !== undefined);
  const [kind] = given;
  const fields = kind && input[kind];
  if (kind === undefined || fields === undefined || given.length > 1) {
    throw invalidInput(`Give exactly one of ${kinds.join(', ')}; given are ${given.join(', ') || 'none'}.`);
  }
  return { kind, fields };
}

function check(definition: ClassifierDefinition): void {
  validateClassifier(toCustomClassifier({ definition }));
}
