/** From the record of a stack to what the planner compares with. */
import type { DeployedResource, ResolvedMapping } from '#languages/template/index';
import type { StackResource } from './stack.ts';

/** The resources that exist, by logical id. */
export function deployedOf(rows: readonly StackResource[]): Map<string, DeployedResource> {
  const found = new Map<string, DeployedResource>();
  for (const row of rows) {
    if (row.physicalId === undefined || /^DELETE_(?:COMPLETE|SKIPPED)$/.test(row.status)) continue;
    const { logicalId, type, physicalId, properties, attributes, deletionPolicy, metadata } = row;
    found.set(logicalId, {
      logicalId,
      type,
      physicalId,
      properties: properties as ResolvedMapping,
      attributes,
      deletionPolicy,
      ...(metadata !== undefined && { metadata }),
    });
  }
  return found;
}
