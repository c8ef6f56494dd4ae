/** The second try of a creation that was cut short: what the first one made is found and becomes the stack's. */
import type { ResourceContext, ResourceState, ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';
import type { Properties } from '../stack.ts';
import type { Site } from './site.ts';

/**
 * Creates it. When a try before this one was cut short and the name is taken now, that try did take effect: the
 * resource is brought to its properties and becomes the stack's. A generated name can only be our own.
 *
 * Limit: a resource that somebody else made under the same explicit name between the crash and the restart is adopted too.
 */
export async function createOrAdopt(
  type: ResourceType,
  properties: Properties,
  context: ResourceContext,
  isRetry: boolean,
  site: Site,
): Promise<ResourceState> {
  const generated = new Set<string>();
  const watched: ResourceContext = {
    ...context,
    generatedName(options) {
      const name = context.generatedName(options);
      generated.add(name);
      return name;
    },
  };
  try {
    return await type.create(properties, watched);
  } catch (error) {
    const [ownName, ...more] = generated;
    const isOwn = ownName !== undefined && more.length === 0;
    if (!isRetry || !isTaken(error)) throw error;
    const physicalId = isOwn ? ownName : await findNamed(type, properties, context, site);
    if (physicalId === undefined) throw error;
    if (type.update !== undefined) return type.update(physicalId, properties, properties, context);
    if (!isOwn) throw error;
    await type.delete(physicalId, properties, context);
    return type.create(properties, context);
  }
}

function isTaken(error: unknown): boolean {
  if (!isPlatformError(error)) return false;
  return (
    /Exists|AlreadyOwned|Conflict|InUse/.test(error.code) || /already (?:exists|(?:been )?created)/i.test(error.message)
  );
}

/** The physical id behind explicit names: the one name, or the one of several under which the type can read it. */
async function findNamed(
  type: ResourceType,
  properties: Properties,
  context: ResourceContext,
  site: Site,
): Promise<string | undefined> {
  const parts = (site.schemas(type.type)?.identifier ?? []).map((name) => findName(properties, name));
  if (!parts.every((part) => typeof part === 'string')) return undefined;
  if (parts.length <= 1) return parts[0];
  for (const candidate of [parts.join('|'), ...parts]) {
    if ((await type.read?.(candidate, properties, context)) !== undefined) return candidate;
  }
  return undefined;
}

/** A name may stand one level down, as that of a classifier does (`CsvClassifier.Name`). */
function findName(properties: Properties, name: string): unknown {
  if (properties[name] !== undefined) return properties[name];
  const inner = Object.values(properties).map((value) =>
    typeof value === 'object' && value !== null ? (value as Properties)[name] : undefined,
  );
  return inner.find((value) => value !== undefined);
}
