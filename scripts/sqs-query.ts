/**
 * What botocore's present model of SQS does not say: names that the service takes though, and how the query protocol, which clients before the end of 2023
 * speak, spells lists, maps and errors. Follows the examples of the SQS API reference, "AWS query protocol".
 */
type Json = Record<string, unknown>;

/** Flattened lists and maps by the name that their items bear. */
const itemNames: Readonly<Record<string, string>> = {
  AWSAccountIdList: 'AWSAccountId',
  ActionNameList: 'ActionName',
  AttributeNameList: 'AttributeName',
  BatchResultErrorEntryList: 'BatchResultErrorEntry',
  BinaryList: 'BinaryListValue',
  ChangeMessageVisibilityBatchRequestEntryList: 'ChangeMessageVisibilityBatchRequestEntry',
  ChangeMessageVisibilityBatchResultEntryList: 'ChangeMessageVisibilityBatchResultEntry',
  DeleteMessageBatchRequestEntryList: 'DeleteMessageBatchRequestEntry',
  DeleteMessageBatchResultEntryList: 'DeleteMessageBatchResultEntry',
  ListMessageMoveTasksResultEntryList: 'ListMessageMoveTasksResultEntry',
  MessageAttributeNameList: 'MessageAttributeName',
  MessageBodyAttributeMap: 'MessageAttribute',
  MessageBodySystemAttributeMap: 'MessageSystemAttribute',
  MessageList: 'Message',
  MessageSystemAttributeList: 'MessageSystemAttributeName',
  MessageSystemAttributeMap: 'Attribute',
  QueueAttributeMap: 'Attribute',
  QueueUrlList: 'QueueUrl',
  SendMessageBatchRequestEntryList: 'SendMessageBatchRequestEntry',
  SendMessageBatchResultEntryList: 'SendMessageBatchResultEntry',
  StringList: 'StringListValue',
  TagKeyList: 'TagKey',
  TagMap: 'Tag',
};

/** Errors whose code is another than the name of their shape. */
const codes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      'BatchEntryIdsNotDistinct',
      'BatchRequestTooLong',
      'EmptyBatchRequest',
      'InvalidBatchEntryId',
      'MessageNotInflight',
      'PurgeQueueInProgress',
      'QueueDeletedRecently',
      'TooManyEntriesInBatchRequest',
      'UnsupportedOperation',
    ].map((name) => [name, `AWS.SimpleQueueService.${name}`]),
  ),
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  InvalidParameterValueException: 'InvalidParameterValue',
  MissingRequiredParameterException: 'MissingParameter',
};

/** Errors that SQS answers with though its model does not have them. */
const unmodelled = ['InvalidParameterValueException', 'MissingRequiredParameterException'];

/** The model with both of its protocols. */
export function withQueryProtocol(model: Json): Json {
  const metadata = {
    ...(model['metadata'] as Json),
    protocols: ['json', 'query'],
    xmlNamespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
  };
  const shapes: Record<string, Json> = { ...(model['shapes'] as Record<string, Json>) };
  for (const name of unmodelled)
    shapes[name] = { type: 'structure', members: { message: { shape: 'ExceptionMessage' } }, exception: true };
  // ReceiveMessage takes names of message attributes where the model lists those of queues; the handlers check both.
  const { enum: _names, ...anyName } = shapes['QueueAttributeName'] ?? {};
  shapes['QueueAttributeName'] = anyName;
  for (const [name, queryName] of Object.entries(itemNames)) {
    const shape = shapes[name];
    if (shape === undefined) throw new Error(`The model of SQS has no shape ${name} any more.`);
    shapes[name] = { ...shape, flattened: true, queryName, ...(shape['type'] === 'map' && entryNames(name, shape)) };
  }
  for (const [name, code] of Object.entries(codes))
    shapes[name] = { ...shapes[name], error: { code, httpStatusCode: 400, senderFault: true } };
  const operations = Object.entries(model['operations'] as Record<string, Json>).map(([name, operation]) => {
    const output = operation['output'] as Json | undefined;
    return [
      name,
      output === undefined ? operation : { ...operation, output: { ...output, resultWrapper: `${name}Result` } },
    ];
  });
  return { ...model, metadata, operations: Object.fromEntries(operations) as Json, shapes };
}

function entryNames(name: string, shape: Json): Json {
  const key = { ...(shape['key'] as Json), locationName: name === 'TagMap' ? 'Key' : 'Name' };
  return { key, value: { ...(shape['value'] as Json), locationName: 'Value' } };
}
