/** `AWS::Serverless::LayerVersion`: a layer whose logical id changes with its content, since a version never does. */
import { didYouMean } from '../value.ts';
import { codeMembers, locationOf } from './artifact.ts';
import { serverlessError } from './errors.ts';
import { type Expansion, type ServerlessResource, pick, present } from './expansion.ts';
import { shortDigest } from './version.ts';

const passed = ['CompatibleArchitectures', 'CompatibleRuntimes', 'Description', 'LicenseInfo'];
const own = ['ContentUri', 'LayerName', 'PublishLambdaVersion', 'RetentionPolicy'];

export function expandLayerVersion(expansion: Expansion, resource: ServerlessResource): void {
  const { logicalId, properties, attributes } = resource;
  const stranger = Object.keys(properties).find((name) => !passed.includes(name) && !own.includes(name));
  if (stranger !== undefined) {
    const hint = didYouMean(stranger, [...passed, ...own]);
    throw serverlessError(
      logicalId,
      `property ${stranger} not defined for resource of type AWS::Serverless::LayerVersion.${hint}`,
    );
  }
  if (properties['ContentUri'] === undefined)
    throw serverlessError(logicalId, "Missing required property 'ContentUri'.");
  const content = present({
    Content: locationOf(resource, 'ContentUri', properties['ContentUri'], codeMembers),
    LayerName: properties['LayerName'] ?? logicalId,
    ...pick(properties, passed),
  });
  const { Metadata: _metadata, ...passedAttributes } = attributes;
  const { DeletionPolicy: _deletion, UpdateReplacePolicy: _update, ...hashedAttributes } = passedAttributes;
  const hashed = { Type: 'AWS::Serverless::LayerVersion', ...hashedAttributes, Properties: properties };
  const versionId = `${logicalId}${shortDigest(expansion.known({ [logicalId]: hashed }))}`;
  const policy = properties['RetentionPolicy'] ?? 'Retain';
  if (policy !== 'Retain' && policy !== 'Delete') {
    throw serverlessError(logicalId, "'RetentionPolicy' must be one of the following options: ['Retain', 'Delete'].");
  }
  expansion.add(versionId, 'AWS::Lambda::LayerVersion', content, { DeletionPolicy: policy, ...passedAttributes });
  expansion.renamed.set(logicalId, versionId);
}
