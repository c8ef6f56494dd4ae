/** `AWS::Serverless::SimpleTable`: a table of DynamoDB with one key. */
import { type Value, formatValue, isMapping } from '../value.ts';
import { serverlessError } from './errors.ts';
import { type Expansion, type ServerlessResource, pick } from './expansion.ts';

const keyTypes: Readonly<Record<string, string>> = { String: 'S', Number: 'N', Binary: 'B' };

export function expandSimpleTable(
  expansion: Expansion,
  { logicalId, properties, attributes }: ServerlessResource,
): void {
  const { PrimaryKey: key, Tags: tags, ProvisionedThroughput: throughput } = properties;
  const { Name: AttributeName = 'id', Type: type = 'String' } = (isMapping(key) ? key : {}) as Record<string, Value>;
  const AttributeType = keyTypes[formatValue(type)];
  if (AttributeType === undefined)
    throw serverlessError(logicalId, `Invalid 'PrimaryKey' "Type" specified: ${formatValue(type)}.`);
  expansion.add(
    logicalId,
    'AWS::DynamoDB::Table',
    {
      AttributeDefinitions: [{ AttributeName, AttributeType }],
      KeySchema: [{ AttributeName, KeyType: 'HASH' }],
      ...(throughput === undefined ? { BillingMode: 'PAY_PER_REQUEST' } : { ProvisionedThroughput: throughput }),
      ...pick(properties, ['TableName', 'SSESpecification', 'PointInTimeRecoverySpecification']),
      Tags: isMapping(tags) ? Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) : undefined,
    },
    attributes,
  );
}
