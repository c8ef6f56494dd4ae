/** AWS::Lambda::LayerVersion and AWS::Lambda::LayerVersionPermission. */
import { unlessAbsent, type Properties, type ResourceContext, type ResourceType } from '#capability';
import { layerVersionArn, parseLayerArn, type Layers } from '../layers.ts';
import { invalidParameter } from '../errors.ts';
import { pick } from './permissions.ts';

const layerMembers = ['Content', 'Description', 'CompatibleRuntimes', 'CompatibleArchitectures', 'LicenseInfo'];

/** @param layers keeps which version a step has made, since the API would make another one each time */
export function layerVersionResource(layers: Layers): ResourceType {
  return {
    type: 'AWS::Lambda::LayerVersion',
    async create(properties, context) {
      const scope = `${context.accountId}/${context.region}`;
      const made = layers.findMade(scope, context.token);
      if (made !== undefined) return stateOf(layerVersionArn(made));
      const LayerName = (properties['LayerName'] as string | undefined) ?? context.generatedName({ maxLength: 140 });
      const input = { ...pick(properties, layerMembers), LayerName };
      const answer = (await context.call('lambda', 'PublishLayerVersion', input)) as { LayerVersionArn: string };
      await layers.noteMade(answer.LayerVersionArn, context.token);
      return stateOf(answer.LayerVersionArn);
    },
    async delete(arn, _properties, context) {
      const { LayerName, VersionNumber } = versionOf(arn);
      await unlessAbsent(context.call('lambda', 'DeleteLayerVersion', { LayerName, VersionNumber }));
    },
  };
}

export const layerVersionPermissionResource: ResourceType = {
  type: 'AWS::Lambda::LayerVersionPermission',
  physicalIdOf: permissionId,
  async create(properties, context) {
    const physicalId = permissionId(properties, context);
    const StatementId = physicalId.split('#')[1];
    const input = { ...pick(properties, ['Action', 'Principal', 'OrganizationId']), ...versionOf(arnOf(properties)) };
    await context.call('lambda', 'AddLayerVersionPermission', { ...input, StatementId });
    return { physicalId, attributes: { Id: physicalId } };
  },
  async delete(physicalId, properties, context) {
    const input = { ...versionOf(arnOf(properties)), StatementId: physicalId.split('#')[1] };
    await unlessAbsent(context.call('lambda', 'RemoveLayerVersionPermission', input));
  },
};

function permissionId(properties: Properties, context: ResourceContext): string {
  return `${arnOf(properties)}#${context.generatedName({ maxLength: 100 })}`;
}

function arnOf(properties: Properties): string {
  return properties['LayerVersionArn'] as string;
}

function stateOf(LayerVersionArn: string) {
  return { physicalId: LayerVersionArn, attributes: { LayerVersionArn } };
}

function versionOf(arn: string): { LayerName: string; VersionNumber: number } {
  const parsed = parseLayerArn(arn);
  if (parsed === undefined) throw invalidParameter(`'${arn}' is not the ARN of a layer's version.`);
  return { LayerName: parsed.name, VersionNumber: parsed.version };
}
