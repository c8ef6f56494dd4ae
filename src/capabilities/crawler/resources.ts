/** AWS::Glue::Crawler and AWS::Glue::Classifier. */
import type { Properties, ResourceContext, ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';

const crawler: ResourceType = {
  type: 'AWS::Glue::Crawler',

  async create(properties, context) {
    const Name: string = properties['Name'] ?? context.generatedName({ maxLength: 255 });
    const Tags = { ...context.tags, ...properties['Tags'] };
    await createOrUpdate(
      () => context.call('glue', 'CreateCrawler', { ...crawlerInput(properties), Name, Tags }),
      // The step that a crash cut short runs a second time and finds what it made itself.
      async () => {
        const existing = await context.call('glue', 'GetCrawler', { Name });
        if (existing.Crawler.LastCrawl !== undefined || existing.Crawler.Version !== 1) return false;
        await context.call('glue', 'UpdateCrawler', { ...crawlerInput(properties), Name });
        return true;
      },
      properties['Name'] === undefined,
    );
    return { physicalId: Name };
  },

  async update(physicalId, next, previous, context) {
    const schedule = next['Schedule'] === undefined && previous['Schedule'] !== undefined ? { Schedule: '' } : {};
    await context.call('glue', 'UpdateCrawler', { ...crawlerInput(next), ...schedule, Name: physicalId });
    await changeTags(physicalId, next, previous, context);
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

  async create(properties, context) {
    const generated = context.generatedName({ maxLength: 255 });
    const input = classifierInput(properties, generated);
    const physicalId = nameIn(input);
    await createOrUpdate(
      () => context.call('glue', 'CreateClassifier', input),
      async () => false,
      physicalId === generated,
    );
    return { physicalId, attributes: { Name: physicalId } };
  },

  async update(physicalId, next, _previous, context) {
    await context.call('glue', 'UpdateClassifier', classifierInput(next, physicalId));
    return { physicalId, attributes: { Name: physicalId } };
  },

  async delete(physicalId, _properties, context) {
    await ignoring(['EntityNotFoundException'], () => context.call('glue', 'DeleteClassifier', { Name: physicalId }));
  },
};

export const crawlerResources: readonly ResourceType[] = [crawler, classifier];

/** @param isGenerated whether the name is the step's own, so that what has it was made by the step */
async function createOrUpdate(
  create: () => Promise<unknown>,
  adopt: () => Promise<boolean>,
  isGenerated: boolean,
): Promise<void> {
  try {
    await create();
  } catch (error) {
    if (!isPlatformError(error, 'AlreadyExistsException') || !(isGenerated || (await adopt()))) throw error;
  }
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

async function changeTags(
  name: string,
  next: Properties,
  previous: Properties,
  context: ResourceContext,
): Promise<void> {
  const ResourceArn = `arn:aws:glue:${context.region}:${context.accountId}:crawler/${name}`;
  const [before, after] = [Object.keys(previous['Tags'] ?? {}), next['Tags'] ?? {}];
  const gone = before.filter((key) => !(key in after));
  if (gone.length > 0) await context.call('glue', 'UntagResource', { ResourceArn, TagsToRemove: gone });
  if (Object.keys(after).length > 0) await context.call('glue', 'TagResource', { ResourceArn, TagsToAdd: after });
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
