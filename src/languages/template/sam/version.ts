/** `AutoPublishAlias`: a version for each state of the code, and the alias that points at the newest. */
import { createHash } from 'node:crypto';
import { type Mapping, type Value, canonicalText, isMapping } from '../value.ts';
import { serverlessError } from './errors.ts';
import { type Expansion, type ServerlessResource, attribute, ref } from './expansion.ts';

/** @returns the alias; undefined when nothing is published */
export function addVersion(
  expansion: Expansion,
  resource: ServerlessResource,
  lambda: Mapping,
): { name: string; logicalId: string } | undefined {
  const { logicalId, properties } = resource;
  checkDeploymentPreference(expansion, resource);
  if (properties['AutoPublishAlias'] === undefined) {
    if (properties['VersionDeletionPolicy'] !== undefined) {
      throw serverlessError(logicalId, "'VersionDeletionPolicy' requires 'AutoPublishAlias'.");
    }
    if (properties['ProvisionedConcurrencyConfig'] === undefined) return undefined;
    throw serverlessError(
      logicalId,
      'To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function',
    );
  }
  const name = expansion.text(resource, properties['AutoPublishAlias'], 'AutoPublishAlias');
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw serverlessError(
      logicalId,
      `AutoPublishAlias name ('${name}') must contain only alphanumeric characters, hyphens, or underscores`,
    );
  }
  const versionId = `${logicalId}Version${digestOf(expansion, resource, lambda)}`;
  const aliasId = `${logicalId}Alias${name.replaceAll('-', 'D').replaceAll('_', 'U')}`;
  const attributes = expansion.inheritedFrom(resource);
  expansion.add(
    versionId,
    'AWS::Lambda::Version',
    { FunctionName: ref(logicalId), Description: properties['VersionDescription'] },
    { DeletionPolicy: properties['VersionDeletionPolicy'] ?? 'Retain', ...attributes },
  );
  expansion.add(
    aliasId,
    'AWS::Lambda::Alias',
    {
      Name: name,
      FunctionName: ref(logicalId),
      FunctionVersion: attribute(versionId, 'Version'),
      ProvisionedConcurrencyConfig: properties['ProvisionedConcurrencyConfig'],
    },
    attributes,
  );
  expansion.renamed.set(`${logicalId}.Version`, versionId).set(`${logicalId}.Alias`, aliasId);
  return { name, logicalId: aliasId };
}

/**
 * Differs from AWS: the alias moves to a new version at once, whatever type of DeploymentPreference it has; there is no
 * CodeDeploy behind it, and no alarm to watch.
 *
 * @throws ValidationError for hooks, which would have to pass before the alias may move
 */
function checkDeploymentPreference(expansion: Expansion, { logicalId, properties }: ServerlessResource): void {
  const preference = properties['DeploymentPreference'];
  if (preference === undefined) return;
  if (!isMapping(preference)) throw serverlessError(logicalId, "'DeploymentPreference' must be a map.");
  const isOn = expansion.known(preference['Enabled'] ?? true);
  if (isOn === false || isOn === 'false') return;
  if (properties['AutoPublishAlias'] === undefined) {
    throw serverlessError(logicalId, "'DeploymentPreference' requires AutoPublishAlias property to be specified.");
  }
  if (preference['Hooks'] === undefined) return;
  throw serverlessError(
    logicalId,
    'The Hooks of a DeploymentPreference need CodeDeploy, which is not served here. Take them out or set Enabled to false.',
  );
}

/** A new digest makes a new version: code, environment, memory, or all properties when the function says so. */
function digestOf(expansion: Expansion, resource: ServerlessResource, lambda: Mapping): string {
  const { AutoPublishCodeSha256: given, AutoPublishAliasAllProperties: all } = resource.properties;
  if (given !== undefined) return expansion.text(resource, given, 'AutoPublishCodeSha256').slice(0, 10);
  if (all === true) return shortDigest(lambda);
  const { Code, Environment, MemorySize, SnapStart } = lambda;
  return shortDigest({
    ...(expansion.known(Code ?? {}) as Mapping),
    ...(isMapping(Environment) ? Environment : {}),
    ...(MemorySize !== undefined && { MemorySize }),
    ...(isMapping(SnapStart) && (SnapStart['ApplyOn'] ?? 'None') !== 'None' && { SnapStart }),
  });
}

/** Ten digits, equal for equal values; they are part of logical ids, as the Serverless Application Model forms them. */
export function shortDigest(value: Value): string {
  const ascii = canonicalText(value).replace(
    /[\u007f-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return createHash('sha1').update(ascii).digest('hex').slice(0, 10);
}
