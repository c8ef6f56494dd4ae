/** The tags that a resource has because it belongs to a stack: those of the stack, and those that name it. */
import type { ResourceSchema } from '#languages/template/index';
import { type Properties, type Stack, stackType } from '../stack.ts';

type Tags = Readonly<Record<string, string>>;

/** The tags that CloudFormation itself gives. */
export function systemTags(stack: Pick<Stack, 'id' | 'name'>, logicalId: string): Tags {
  return {
    'aws:cloudformation:stack-name': stack.name,
    'aws:cloudformation:stack-id': stack.id,
    'aws:cloudformation:logical-id': logicalId,
  };
}

/**
 * The properties with these tags under those that the template gives, so that a type which compares its properties
 * before and after also takes away what the stack no longer has. A nested stack hands its tags on by itself.
 */
export function withTags(schema: ResourceSchema | undefined, properties: Properties, tags: Tags): Properties {
  if (schema?.tags === undefined || schema.type === stackType) return properties;
  const { property, form } = schema.tags;
  const own = properties[property];
  if (form === 'map') return { ...properties, [property]: { ...tags, ...(own as Tags | undefined) } };
  const list = (own ?? []) as readonly { readonly Key: string; readonly Value: string }[];
  const keys = new Set(list.map(({ Key }) => Key));
  const added = Object.entries(tags).filter(([key]) => !keys.has(key));
  return { ...properties, [property]: [...list, ...added.map(([Key, Value]) => ({ Key, Value }))] };
}
