/** Map states: inline and distributed, with their readers, batchers and writers. */
import type { Expression, Handling, ItemBatcher, ItemReader, JsonObject, MapState, ResultWriter } from '../machine.ts';
import { Fields, type CompileEnvironment } from './fields.ts';
import { optional } from './handling.ts';

export function compileMap(handling: Handling, fields: Fields, environment: CompileEnvironment): MapState {
  const { object } = fields;
  const processor = (object.ItemProcessor ?? object.Iterator) as JsonObject;
  const config = (processor.ProcessorConfig as JsonObject | undefined) ?? {};
  return {
    ...handling,
    type: 'Map',
    processor: environment.compileFlow(processor),
    mode: (config.Mode as MapState['mode'] | undefined) ?? 'INLINE',
    executionType: (config.ExecutionType as MapState['executionType'] | undefined) ?? 'STANDARD',
    isLegacy: object.ItemProcessor === undefined,
    ...optional('items', fields.isJsonata ? fields.value('Items') : fields.path('ItemsPath')),
    ...optional('itemSelector', fields.isJsonata ? fields.value('ItemSelector') : fields.template('ItemSelector')),
    ...optional('maxConcurrency', fields.constantOrPath('MaxConcurrency')),
    ...optional('toleratedFailureCount', fields.constantOrPath('ToleratedFailureCount')),
    ...optional('toleratedFailurePercentage', fields.constantOrPath('ToleratedFailurePercentage')),
    ...optional('label', fields.text('Label')),
    ...optional('itemReader', compileReader(fields)),
    ...optional('itemBatcher', compileBatcher(fields)),
    ...optional('resultWriter', compileWriter(fields)),
  };
}

function innerOf(fields: Fields, name: string): Fields | undefined {
  const object = fields.object[name] as JsonObject | undefined;
  return object && fields.within(object, name);
}

function payloadOf(fields: Fields): Expression | undefined {
  return fields.payload('Parameters', 'Arguments');
}

function compileReader(map: Fields): ItemReader | undefined {
  const reader = innerOf(map, 'ItemReader');
  if (!reader) return undefined;
  const config = innerOf(reader, 'ReaderConfig') ?? reader.within({}, 'ReaderConfig');
  const text = (name: string): never => config.object[name] as never;
  return {
    resource: reader.text('Resource') as string,
    ...optional('parameters', payloadOf(reader)),
    ...optional('inputType', text('InputType')),
    ...optional('transformation', text('Transformation')),
    ...optional('csvHeaderLocation', text('CSVHeaderLocation')),
    ...optional('csvHeaders', text('CSVHeaders')),
    ...optional('csvDelimiter', text('CSVDelimiter')),
    ...optional('itemsPointer', text('ItemsPointer')),
    ...optional('manifestType', text('ManifestType')),
    ...optional('maxItems', config.constantOrPath('MaxItems')),
  };
}

function compileBatcher(map: Fields): ItemBatcher | undefined {
  const batcher = innerOf(map, 'ItemBatcher');
  return (
    batcher && {
      ...optional('maxItems', batcher.constantOrPath('MaxItemsPerBatch')),
      ...optional('maxInputBytes', batcher.constantOrPath('MaxInputBytesPerBatch')),
      ...optional('batchInput', batcher.payload('BatchInput', 'BatchInput')),
    }
  );
}

function compileWriter(map: Fields): ResultWriter | undefined {
  const writer = innerOf(map, 'ResultWriter');
  if (!writer) return undefined;
  const config = (writer.object.WriterConfig as JsonObject | undefined) ?? {};
  return {
    ...optional('resource', writer.text('Resource')),
    ...optional('parameters', payloadOf(writer)),
    ...optional('outputType', config.OutputType as ResultWriter['outputType']),
    ...optional('transformation', config.Transformation as ResultWriter['transformation']),
  };
}
