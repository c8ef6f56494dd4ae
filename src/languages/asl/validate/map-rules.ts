/** The rules of Map states: their processor, readers, batchers, writers and label. */
import type { JsonObject, QueryLanguage } from '../machine.ts';
import type { CompileOptions } from '../validation.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { ExpressionRules } from './expression-rules.ts';
import { checkFields } from './field-check.ts';
import { anything, integer, isObject, object, oneOf, text, type Check } from './field-rule.ts';
import { unknownResource, type FieldRules } from './state-fields.ts';
import { parseResource } from '../resource.ts';
import type { CheckFlow } from './state-rules.ts';

// Limit: a label has at most 40 characters, as in AWS.
const labelMax = 40;

/** Characters that would not do in the ARN of a map run. */
const notInLabels = /[\s?*<>{}[\]:;,\\|^~$#%&`"\p{Cc}]/u;

const itemsMax = 100_000_000;

const configFields: FieldRules = {
  Mode: { check: oneOf('INLINE', 'DISTRIBUTED') },
  ExecutionType: { check: oneOf('STANDARD', 'EXPRESS') },
};

const writerConfigFields: FieldRules = {
  OutputType: { check: oneOf('JSON', 'JSONL') },
  Transformation: { check: oneOf('NONE', 'COMPACT', 'FLATTEN') },
};

/** The resource of a reader or writer: an action of S3. */
function s3Action(...actions: readonly string[]): Check {
  return (value, { report }) => {
    const resource = typeof value === 'string' ? parseResource(value) : undefined;
    const isKnown =
      resource?.kind === 'integration' &&
      !resource.isAwsSdk &&
      resource.service === 's3' &&
      resource.pattern === 'request-response' &&
      actions.includes(resource.action);
    if (!isKnown) report(unknownResource(typeof value === 'string' ? value : JSON.stringify(value)));
  };
}

const texts: Check = (value, { report }) => {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
    report('Expected value of type Array of String');
};

export class MapRules {
  private readonly expressions: ExpressionRules;
  private readonly diagnostics: Diagnostics;
  private readonly checkFlow: CheckFlow;
  private readonly labels = new Set<string>();

  constructor(expressions: ExpressionRules, diagnostics: Diagnostics, checkFlow: CheckFlow) {
    this.expressions = expressions;
    this.diagnostics = diagnostics;
    this.checkFlow = checkFlow;
  }

  check(state: JsonObject, queryLanguage: QueryLanguage, location: string, type: CompileOptions['type']): void {
    const name = state.ItemProcessor === undefined ? 'Iterator' : 'ItemProcessor';
    const processor = state[name];
    if (processor === undefined) this.diagnostics.schema('These fields are required: [ItemProcessor]', location || '/');
    if (typeof state.Label === 'string') this.checkLabel(state.Label, `${location}/Label`);
    this.checkParts(state, queryLanguage, location);
    if (!isObject(processor)) return;
    const config = isObject(processor.ProcessorConfig) ? processor.ProcessorConfig : {};
    const isDistributed = config.Mode === 'DISTRIBUTED';
    if (isObject(processor.ProcessorConfig)) {
      const at = `${location}/${name}/ProcessorConfig`;
      checkFields(config, configFields, queryLanguage, at, this.diagnostics);
      if (isDistributed && config.ExecutionType === undefined) {
        this.diagnostics.schema('These fields are required: [ExecutionType]', at);
      }
    }
    if (isDistributed && type === 'EXPRESS') {
      const at = `${location}/${name}/ProcessorConfig/Mode`;
      this.diagnostics.schema("Express state machine does not support 'DISTRIBUTED' Map state", at);
    }
    this.checkMode(state, isDistributed, location);
    const childType = isDistributed && config.ExecutionType === 'EXPRESS' ? 'EXPRESS' : type;
    this.checkFlow(processor, `${location}/${name}`, { ProcessorConfig: { check: object } }, childType);
  }

  private checkMode(state: JsonObject, isDistributed: boolean, location: string): void {
    if (isDistributed) return;
    for (const field of ['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label']) {
      if (state[field] === undefined) continue;
      this.diagnostics.schema(`Field '${field}' is only supported in 'DISTRIBUTED' mode`, location || '/');
    }
  }

  private checkLabel(label: string, location: string): void {
    const bad = notInLabels.exec(label)?.[0];
    if (bad !== undefined) {
      this.diagnostics.error('INVALID_LABEL_NAME', `Label contains invalid character: '${visible(bad)}'`, location);
    }
    if (label.length > labelMax) {
      this.diagnostics.error('INVALID_LABEL_NAME', `Label cannot exceed ${labelMax} characters`, location);
    }
    if (this.labels.has(label))
      this.diagnostics.error('DUPLICATE_LABEL_NAME', `Duplicate Label name: ${label}`, location);
    this.labels.add(label);
  }

  private checkParts(state: JsonObject, queryLanguage: QueryLanguage, location: string): void {
    const payload: FieldRules = {
      Parameters: { only: 'JSONPath', check: this.expressions.payload },
      Arguments: { only: 'JSONata', check: this.expressions.payload },
    };
    const part = (value: unknown, fields: FieldRules, at: string): void => {
      if (isObject(value as JsonObject)) checkFields(value as JsonObject, fields, queryLanguage, at, this.diagnostics);
    };
    const { ItemReader, ItemBatcher, ResultWriter } = state;
    part(
      ItemReader,
      {
        ...payload,
        Resource: { check: s3Action('getObject', 'listObjectsV2'), isRequired: true },
        ReaderConfig: { check: object },
      },
      `${location}/ItemReader`,
    );
    if (isObject(ItemReader)) part(ItemReader.ReaderConfig, this.readerFields(), `${location}/ItemReader/ReaderConfig`);
    part(ItemBatcher, this.batcherFields(), `${location}/ItemBatcher`);
    const isEmptyBatcher = isObject(ItemBatcher) && !Object.keys(ItemBatcher).some((name) => name.startsWith('Max'));
    if (isEmptyBatcher) {
      const names = 'MaxItemsPerBatch, MaxItemsPerBatchPath, MaxInputBytesPerBatch, MaxInputBytesPerBatchPath';
      this.diagnostics.schema(`One of these fields is required: [${names}]`, `${location}/ItemBatcher`);
    }
    part(
      ResultWriter,
      { ...payload, Resource: { check: s3Action('putObject') }, WriterConfig: { check: object } },
      `${location}/ResultWriter`,
    );
    if (isObject(ResultWriter))
      part(ResultWriter.WriterConfig, writerConfigFields, `${location}/ResultWriter/WriterConfig`);
  }

  private readerFields(): FieldRules {
    return {
      InputType: { check: oneOf('CSV', 'JSON', 'JSONL', 'PARQUET', 'MANIFEST') },
      Transformation: { check: oneOf('NONE', 'LOAD_AND_FLATTEN') },
      CSVHeaderLocation: { check: oneOf('FIRST_ROW', 'GIVEN') },
      CSVHeaders: { check: texts },
      CSVDelimiter: { check: oneOf('COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB') },
      ItemsPointer: { check: text },
      ManifestType: { check: oneOf('S3_INVENTORY', 'ATHENA_DATA') },
      MaxItems: { check: this.expressions.constantOr(integer(0, itemsMax)) },
      MaxItemsPath: { only: 'JSONPath', check: this.expressions.pathOrIntrinsic },
      Comment: { check: anything },
    };
  }

  private batcherFields(): FieldRules {
    const count = this.expressions.constantOr(integer(1, Number.MAX_SAFE_INTEGER));
    const path = { only: 'JSONPath', check: this.expressions.pathOrIntrinsic } as const;
    return {
      MaxItemsPerBatch: { check: count },
      MaxItemsPerBatchPath: path,
      MaxInputBytesPerBatch: { check: count },
      MaxInputBytesPerBatchPath: path,
      BatchInput: { check: this.expressions.payload },
    };
  }
}

/** Control characters by their number. */
function visible(character: string): string {
  return /\p{Cc}/u.test(character) ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}` : character;
}
