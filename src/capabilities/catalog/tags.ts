/**
 * Tags of everything in Glue, by ARN. The operations are one for all kinds of resources, so each capability that keeps a
 * taggable kind tells here how to find one.
 */
import { parseArn } from '#kernel/arn';
import type { Db, State } from '#kernel/state';
import { entityNotFound, invalidInput } from './errors.ts';

// Limit: 50 tags on a resource, as in AWS.
const tagsMax = 50;

export type TagMap = Readonly<Record<string, string>>;

export class GlueTags {
  readonly #state: State;
  readonly #kinds = new Map<string, (scope: string, name: string) => boolean>();

  constructor(state: State) {
    this.#state = state;
  }

  /**
   * @param kind the first word of the ARN's resource, such as `crawler`
   * @param exists whether there is such a thing; `name` is the rest of the ARN's resource
   */
  own(kind: string, exists: (scope: string, name: string) => boolean): void {
    this.#kinds.set(kind, exists);
  }

  /** @throws EntityNotFoundException, InvalidInputException */
  list(scope: string, arn: string): Record<string, string> {
    this.#check(scope, arn);
    return tagsOf(this.#state.reader, arn);
  }

  /** Adds tags and overwrites those with the same key. @throws EntityNotFoundException, InvalidInputException */
  async put(scope: string, arn: string, tags: TagMap): Promise<void> {
    this.#check(scope, arn);
    await this.#state.write((db) => putTags(db, arn, tags));
  }

  /** @throws EntityNotFoundException, InvalidInputException */
  async remove(scope: string, arn: string, keys: readonly string[]): Promise<void> {
    this.#check(scope, arn);
    await this.#state.write((db) => {
      const statement = db.prepare('DELETE FROM catalog_tag WHERE arn = ? AND "key" = ?');
      for (const key of keys) statement.run(arn, key);
    });
  }

  #check(scope: string, text: string): void {
    const arn = parseArn(text);
    const [kind = '', ...rest] = arn.resource.split('/');
    const exists = this.#kinds.get(kind);
    if (arn.service !== 'glue' || exists === undefined) {
      throw invalidInput(
        `${text} names no resource of Glue that carries tags. Kinds: ${[...this.#kinds.keys()].join(', ')}.`,
      );
    }
    if (`${arn.accountId}/${arn.region}` !== scope || !exists(scope, rest.join('/'))) {
      throw entityNotFound(`Resource ${text}`);
    }
  }
}

/** For the write that creates a resource together with its tags. @throws InvalidInputException */
export function putTags(db: Db, arn: string, tags: TagMap): void {
  for (const [key, value] of Object.entries(tags)) {
    // Differs from AWS: anybody may set the tags that tell of a stack, since CloudFormation sets them by the same operation.
    if (key.toLowerCase().startsWith('aws:') && !key.startsWith('aws:cloudformation:'))
      throw invalidInput(`Tag '${key}': keys that start with aws: are reserved.`);
    db.prepare(
      `INSERT INTO catalog_tag (arn, "key", value) VALUES (?, ?, ?) ON CONFLICT (arn, "key") DO UPDATE SET value = excluded.value`,
    ).run(arn, key, value);
  }
  const count = Object.keys(tagsOf(db, arn)).length;
  if (count > tagsMax) throw invalidInput(`${arn} would have ${count} tags; ${tagsMax} is the most.`);
}

/** For the write that deletes a resource. */
export function dropTags(db: Db, arn: string): void {
  db.prepare('DELETE FROM catalog_tag WHERE arn = ?').run(arn);
}

function tagsOf(db: Db, arn: string): Record<string, string> {
  const rows = db
    .prepare<{ key: string; value: string }>('SELECT "key", value FROM catalog_tag WHERE arn = ? ORDER BY "key"')
    .all(arn);
  return Object.fromEntries(rows.map((row) => [row.key, row.value]));
}
