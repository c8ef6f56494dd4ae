/** A partition's folder: `year=2018/month=01`, with Hive's escapes in names and values. */
import type { Table } from '#catalog';

const nullValue = '__HIVE_DEFAULT_PARTITION__';

/** The characters that Hive writes as %XX in a folder's name. */
const escaped = /[\u0000-\u001f"#%'*/:=?\\\u007f{[\]^]/g;

export function formatPartition(table: Pick<Table, 'PartitionKeys'>, values: readonly (string | null)[]): string {
  return (table.PartitionKeys ?? [])
    .map((key, index) => `${escapeName(key.Name.toLowerCase())}=${escapeName(values[index] ?? nullValue)}`)
    .join('/');
}

/** The values of a folder below a table; undefined where it is no folder of its keys. */
export function parsePartition(table: Pick<Table, 'PartitionKeys'>, folder: string): string[] | undefined {
  const keys = table.PartitionKeys ?? [];
  const parts = folder.replace(/\/$/, '').split('/');
  if (parts.length !== keys.length) return undefined;
  const values: string[] = [];
  for (const [index, part] of parts.entries()) {
    const equals = part.indexOf('=');
    const name = equals === -1 ? '' : unescapeName(part.slice(0, equals)).toLowerCase();
    if (name !== keys[index]?.Name.toLowerCase() || equals === part.length - 1) return undefined;
    values.push(unescapeName(part.slice(equals + 1)));
  }
  return values;
}

function escapeName(text: string): string {
  return text.replace(
    escaped,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function unescapeName(text: string): string {
  return text.replace(/(%[0-9A-Fa-f]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}
