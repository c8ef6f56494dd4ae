/** A creation that does not run through: what it made is found again and becomes the stack's, and nothing else does. */
import type { ResourceContext, ResourceState, ResourceType } from '#capability';
import { isPlatformError } from '#kernel/errors';
import type { Properties } from '../stack.ts';

/** What was known when the step was begun. */
export interface Beginning {
  /** A try before this one was cut short. */
  readonly isRetry: boolean;
  /** The name was in use before the first try: the thing behind it is somebody else's. */
  readonly nameWasTaken: boolean;
}

/**
 * Creates it. When a try before this one was cut short and a name that was free is taken now, that try did take effect:
 * the resource is brought to its properties and becomes the stack's.
 *
 * Limit: a resource that somebody else made under the same explicit name between the crash and the restart is adopted too.
 */
export async function createOrAdopt(
  type: ResourceType,
  properties: Properties,
  context: ResourceContext,
  { isRetry, nameWasTaken }: Beginning,
): Promise<ResourceState> {
  try {
    return await type.create(properties, context);
  } catch (error) {
    const physicalId = type.physicalIdOf?.(properties, context);
    if (!isRetry || nameWasTaken || physicalId === undefined || !isTaken(error)) throw error;
    if (type.update !== undefined) return type.update(physicalId, properties, {}, context);
    await type.delete(physicalId, properties, context);
    return type.create(properties, context);
  }
}

/** Whether a template's own name for a resource is in use. A generated one is free, since no other step generates it. */
export async function isNameTaken(
  type: ResourceType,
  properties: Properties,
  context: ResourceContext,
): Promise<boolean> {
  let isGenerated = false;
  const watched: ResourceContext = {
    ...context,
    generatedName(options) {
      isGenerated = true;
      return context.generatedName(options);
    },
  };
  const physicalId = type.physicalIdOf?.(properties, watched);
  return !isGenerated && physicalId !== undefined && exists(type, physicalId, properties, context);
}

/** The physical id of what a creation that failed leaves behind; undefined when there is nothing of the step's own. */
export async function findHalfMade(
  type: ResourceType,
  properties: Properties,
  context: ResourceContext,
  error: unknown,
  initiatedId: string | undefined,
): Promise<string | undefined> {
  if (isTaken(error)) return undefined;
  const physicalId = initiatedId ?? type.physicalIdOf?.(properties, context);
  return physicalId !== undefined && (await exists(type, physicalId, properties, context)) ? physicalId : undefined;
}

/** Whether an error says that there is such a thing already. */
export function isTaken(error: unknown): boolean {
  if (!isPlatformError(error)) return false;
  return (
    /Exists|AlreadyOwned/.test(error.code) ||
    /already (?:exists?|(?:been )?created)|FunctionUrlConfig exists/i.test(error.message)
  );
}

/** A look that is refused or fails has found nothing; the creation itself says why. */
async function exists(
  type: ResourceType,
  physicalId: string,
  properties: Properties,
  context: ResourceContext,
): Promise<boolean> {
  try {
    return (await type.read?.(physicalId, properties, context)) !== undefined;
  } catch {
    return false;
  }
}
