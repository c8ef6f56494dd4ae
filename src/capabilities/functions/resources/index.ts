/** The CloudFormation types of Lambda. */
import type { ResourceType } from '#capability';
import type { Layers } from '../layers.ts';
import { functionResource } from './function.ts';
import { layerVersionPermissionResource, layerVersionResource } from './layers.ts';
import { mappingResource } from './mapping.ts';
import { eventInvokeConfigResource, permissionResource, urlResource } from './permissions.ts';
import { aliasResource, versionResource } from './versions.ts';

export function functionResources(layers: Layers): readonly ResourceType[] {
  return [
    functionResource,
    versionResource,
    aliasResource,
    permissionResource,
    eventInvokeConfigResource,
    urlResource,
    layerVersionResource(layers),
    layerVersionPermissionResource,
    mappingResource,
  ];
}
