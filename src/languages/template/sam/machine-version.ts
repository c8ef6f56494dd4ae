/** `AutoPublishAlias` of a state machine: a version for each revision, and the alias that leads to the newest. */
import { isMapping } from '../value.ts';
import { serverlessError } from './errors.ts';
import { type Expansion, type ServerlessResource, attribute, ref } from './expansion.ts';

/** @returns the logical id of what events start: the machine, or its alias where it says so */
export function addMachineVersion(expansion: Expansion, resource: ServerlessResource): string {
  const { logicalId, properties } = resource;
  const { AutoPublishAlias, DeploymentPreference, UseAliasAsEventTarget } = properties;
  if (AutoPublishAlias === undefined) {
    for (const name of ['DeploymentPreference', 'UseAliasAsEventTarget']) {
      if (properties[name] === undefined || properties[name] === false) continue;
      throw serverlessError(logicalId, `'${name}' requires 'AutoPublishAlias' property to be specified.`);
    }
    return logicalId;
  }
  const name = expansion.text(resource, AutoPublishAlias, 'AutoPublishAlias');
  const [versionId, aliasId] = [`${logicalId}Version`, `${logicalId}Alias${name}`];
  if (!/^[A-Za-z0-9]+$/.test(aliasId)) throw serverlessError(aliasId, 'Logical ids must be alphanumeric.');
  const attributes = expansion.inheritedFrom(resource);
  expansion.add(
    versionId,
    'AWS::StepFunctions::StateMachineVersion',
    { StateMachineArn: ref(logicalId), StateMachineRevisionId: attribute(logicalId, 'StateMachineRevisionId') },
    { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain', ...attributes },
  );
  const preference = isMapping(DeploymentPreference) ? DeploymentPreference : { Type: 'ALL_AT_ONCE' };
  expansion.add(
    aliasId,
    'AWS::StepFunctions::StateMachineAlias',
    { Name: name, DeploymentPreference: { ...preference, StateMachineVersionArn: ref(versionId) } },
    attributes,
  );
  return UseAliasAsEventTarget === true ? aliasId : logicalId;
}
