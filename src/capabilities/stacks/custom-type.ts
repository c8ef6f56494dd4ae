/** The types that a template makes up: `AWS::CloudFormation::CustomResource`, or `Custom::` and any name. */
import type { SchemaLookup } from '#languages/template/index';

export const customResourceType = 'AWS::CloudFormation::CustomResource';

export function isCustomType(type: string): boolean {
  return type === customResourceType || /^Custom::[A-Za-z0-9_@-]{1,60}$/.test(type);
}

/** All types of that kind have the schema of the first. */
export function withCustomTypes(schemas: SchemaLookup): SchemaLookup {
  return (type) => {
    if (!isCustomType(type)) return schemas(type);
    const schema = schemas(customResourceType);
    return schema && { ...schema, type };
  };
}
