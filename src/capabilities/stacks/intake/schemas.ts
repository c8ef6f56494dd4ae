/** The schemas of resource types under `models/resources/`, read when first asked for. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ResourceSchema, SchemaLookup } from '#languages/template/index';

/** Looks upward from this file, so that it works from `src/` and from a bundle in `dist/`. */
export function openSchemas(): SchemaLookup {
  const folder = findFolder(dirname(fileURLToPath(import.meta.url)));
  const known = new Map<string, ResourceSchema | undefined>();
  return (type) => {
    if (!known.has(type)) known.set(type, readSchema(folder, type));
    return known.get(type);
  };
}

function findFolder(start: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, 'models', 'resources');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

function readSchema(folder: string | undefined, type: string): ResourceSchema | undefined {
  if (folder === undefined || !/^[A-Za-z0-9]+(?:::[A-Za-z0-9]+){2}$/.test(type)) return undefined;
  const file = join(folder, `${type.replaceAll('::', '-')}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as ResourceSchema) : undefined;
}
