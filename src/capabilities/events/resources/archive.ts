/** AWS::Events::Archive. */
import { unlessAbsent, type Properties, type ResourceContext, type ResourceType } from '#capability';
import { archiveArn } from '../archives/archive.ts';
import { saidOf } from './live.ts';

export const archiveType: ResourceType = {
  type: 'AWS::Events::Archive',
  physicalIdOf: nameOf,
  async create(properties, context) {
    const name = nameOf(properties, context);
    const { SourceArn, ArchiveName: _name, ...settings } = withPatternText(properties);
    await context.call('events', 'CreateArchive', { ...settings, ArchiveName: name, EventSourceArn: SourceArn });
    return stateOf(name, context);
  },
  async update(name, next, previous, context) {
    const { SourceArn: _source, ArchiveName: _name, ...settings } = withPatternText(next);
    const isForgotten = (property: string): boolean => next[property] === undefined && previous[property] !== undefined;
    await context.call('events', 'UpdateArchive', {
      ...(isForgotten('RetentionDays') && { RetentionDays: 0 }),
      ...(isForgotten('Description') && { Description: '' }),
      ...(isForgotten('EventPattern') && { EventPattern: '' }),
      ...settings,
      ArchiveName: name,
    });
    return stateOf(name, context);
  },
  async delete(name, _properties, context) {
    await unlessAbsent(context.call('events', 'DeleteArchive', { ArchiveName: name }));
  },
  async read(name, properties, context) {
    const live = await unlessAbsent(context.call('events', 'DescribeArchive', { ArchiveName: name }));
    if (live === undefined) return undefined;
    const { EventSourceArn, Description, RetentionDays, EventPattern } = live as Record<string, unknown>;
    return saidOf(
      {
        ArchiveName: name,
        SourceArn: EventSourceArn,
        Description,
        RetentionDays,
        EventPattern: typeof EventPattern === 'string' ? (JSON.parse(EventPattern) as unknown) : undefined,
      },
      properties,
    );
  },
};

function nameOf(properties: Properties, context: ResourceContext): string {
  return (properties['ArchiveName'] as string | undefined) ?? context.generatedName({ maxLength: 48 });
}

/** A template has the pattern as an object. */
function withPatternText(properties: Properties): Properties {
  const { EventPattern: pattern, ...others } = properties;
  if (pattern === undefined) return others;
  return { ...others, EventPattern: typeof pattern === 'string' ? pattern : JSON.stringify(pattern) };
}

function stateOf(name: string, context: ResourceContext) {
  const Arn = archiveArn(`${context.accountId}/${context.region}`, name);
  return { physicalId: name, attributes: { Arn } };
}
