/** AWS::Glue::Crawler and AWS::Glue::Classifier. */
import { changeTags, tagsOf, type Properties, type ResourceContext, type ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';

const crawler: ResourceType = {
  type: 'AWS::Glue::Crawler',

  physicalIdOf: crawlerName,

  async create(properties, context) {
    const Name = crawlerName(properties, context);
    const Tags = tagsOf(properties, context);
    await context.call('glue', 'CreateCrawler', { ...crawlerInput(properties), Name, Tags });
    return { physicalId: Name };
  },

  async update(physicalId, next, previous, context) {
    const schedule = next['Schedule'] === undefined && previous['Schedule'] !== undefined ? { Schedule: '' } : {};
    await context.call('glue', 'UpdateCrawler', { ...crawlerInput(next), ...schedule, Name: physicalId });
    const ResourceArn = `arn:aws:glue:${context.region}:${context.accountId}:crawler/${physicalId}`;
    await changeTags(next, previous, context, {
      untag: (TagsToRemove) => context.call('glue', 'UntagResource', { ResourceArn, TagsToRemove }),
      tag: (TagsToAdd) => context.call('glue', 'TagResource', { ResourceArn, TagsToAdd }),
    });
    return { physicalId };
  },

  async delete(physicalId, _properties, context) {
    // A run that is going on has no use any more.
    await ignoring(['EntityNotFoundException', 'CrawlerNotRunningException', 'CrawlerStoppingException'], () =>
      context.call('glue', 'StopCrawler', { Name: physicalId }),
    );
    for (;;) {
      context.signal.throwIfAborted();
      const isDone = await ignoring(['CrawlerRunningException'], async () => {
        await ignoring(['EntityNotFoundException'], () => context.call('glue', 'DeleteCrawler', { Name: physicalId }));
        return true;
      });
      if (isDone) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  },

  async read(physicalId, properties, context) {
    const found = await ignoring(['EntityNotFoundException'], () =>
      context.call('glue', 'GetCrawler', { Name: physicalId }),
    );
    if (found === undefined) return undefined;
    const { Schedule: schedule, ...live } = found.Crawler;
    const Schedule = schedule && { ScheduleExpression: schedule.ScheduleExpression };
    return pick({ ...live, Schedule, Tags: properties['Tags'] }, properties) as Properties;
  },
};

const classifier: ResourceType = {
  type: 'AWS::Glue::Classifier',

  physicalIdOf: classifierName,

  async create(properties, context) {
    const physicalId = classifierName(properties, context);
    await context.call('glue', 'CreateClassifier', classifierInput(properties, physicalId));
    return { physicalId, attributes: { Name: physicalId } };
  },

  async update(physicalId, next, _previous, context) {
    await context.call('glue', 'UpdateClassifier', classifierInput(next, physicalId));
    return { physicalId, attributes: { Name: physicalId } };
  },

  async delete(physicalId, _properties, context) {
    await ignoring(['EntityNotFoundException'], () => context.call('glue', 'DeleteClassifier', { Name: physicalId }));
  },

  async read(physicalId, properties, context) {
    const found = await ignoring(['EntityNotFoundException'], () =>
      context.call('glue', 'GetClassifier', { Name: physicalId }),
    );
    return found && (pick(found.Classifier, properties) as Properties);
  },
};

export const crawlerResources: readonly ResourceType[] = [crawler, classifier];

function crawlerName(properties: Properties, context: ResourceContext): string {
  return String(properties['Name'] ?? context.generatedName({ maxLength: 255 }));
}

function classifierName(properties: Properties, context: ResourceContext): string {
  return nameIn(classifierInput(properties, context.generatedName({ maxLength: 255 })));
}

// oxlint-disable-next-line typescript/no-explicit-any -- the shape is the operation's
async function ignoring(codes: readonly string[], run: () => Promise<any>): Promise<any> {
  try {
    return await run();
  } catch (error) {
    if (codes.some((code) => isPlatformError(error, code))) return undefined;
    throw error;
  }
}

/** The members of `live` that `wanted` has too, at every depth: what Glue adds by itself is no difference. */
function pick(live: unknown, wanted: unknown): unknown {
  if (Array.isArray(live) && Array.isArray(wanted)) return live.map((item, index) => pick(item, wanted[index] ?? item));
  if (!isRecord(live) || !isRecord(wanted)) return live;
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, pick(live[key], wanted[key])]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function crawlerInput(properties: Properties): Record<string, unknown> {
  const { Schedule: schedule, Tags: _tags, ...rest } = properties;
  return { ...rest, ...(schedule?.ScheduleExpression !== undefined && { Schedule: schedule.ScheduleExpression }) };
}

const kinds = ['GrokClassifier', 'XMLClassifier', 'JsonClassifier', 'CsvClassifier'];

function classifierInput(properties: Properties, fallbackName: string): Record<string, Properties> {
  return Object.fromEntries(
    kinds
      .filter((kind) => properties[kind] !== undefined)
      .map((kind) => [kind, { Name: fallbackName, ...properties[kind] }]),
  );
}

function nameIn(input: Record<string, Properties>): string {
  return String(Object.values(input)[0]?.['Name'] ?? '');
}
