/**
 * Which folders are tables and which are their partitions. From the leaves upwards: where the data of the folders at a
 * level is alike they are partitions of one table, rooted at their parent; where it is not, they are tables of their own.
 * Every decision carries the reason in words.
 */
import type { Folder, SourceFile } from './folder.ts';
import { type Shape, canMerge, mergeShapes } from './shape.ts';
import { hivePart, looksLikeValue } from './table-name.ts';

/** Files of one folder that are alike. */
export interface FileGroup {
  readonly shape: Shape;
  readonly files: readonly Pick<SourceFile, 'key' | 'sizeBytes'>[];
}

/** One share of a data set: the folder (or the single file) that holds it. */
export interface Leaf {
  readonly prefix: string;
  readonly shape: Shape;
}

/** A table to be: its root, its shares and why. */
export interface DataSet {
  /** Folder with a slash at its end, or the key of a single file. */
  readonly root: string;
  readonly leaves: readonly Leaf[];
  readonly shape: Shape;
  /** Names of the folder levels between root and leaves; empty when the table has no partitions. */
  readonly levels: readonly Level[];
  readonly reasons: readonly string[];
}

export interface Level {
  /** The key of `key=value` folders; undefined for plain folders, which get a number. */
  readonly key: string | undefined;
}

export interface GroupingOptions {
  readonly combineCompatibleSchemas: boolean;
  /** Depth of the folders that are tables, the bucket being 1. */
  readonly tableLevel?: number | undefined;
}

type Outcome =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: DataSet }
  | { readonly kind: 'tables'; readonly tables: readonly DataSet[] };

/** The share of a level's folders that must be alike to make a table of them. */
const majority = 0.7;

/** @param groupsOf what was found in the files that lie directly in a folder */
export function groupTables(
  root: Folder,
  groupsOf: (folder: Folder) => readonly FileGroup[],
  options: GroupingOptions,
): DataSet[] {
  const outcome = new Grouping(groupsOf, options).visit(root);
  if (outcome.kind === 'empty') return [];
  return outcome.kind === 'set' ? [outcome.set] : [...outcome.tables];
}

class Grouping {
  readonly #groupsOf: (folder: Folder) => readonly FileGroup[];
  readonly #options: GroupingOptions;

  constructor(groupsOf: (folder: Folder) => readonly FileGroup[], options: GroupingOptions) {
    this.#groupsOf = groupsOf;
    this.#options = options;
  }

  visit(folder: Folder): Outcome {
    const own = this.#ownFiles(folder);
    const children = [...folder.children]
      .map(([name, child]) => ({ name, outcome: this.visit(child) }))
      .filter(({ outcome }) => outcome.kind !== 'empty');
    if (children.length === 0) return own;
    const beneath = this.#children(folder, children);
    if (own.kind === 'empty') return beneath;
    return this.#withOwnFiles(folder, own, beneath);
  }

  /** The files that lie directly in the folder. */
  #ownFiles(folder: Folder): Outcome {
    const groups = this.#groupsOf(folder);
    const [first, ...others] = groups;
    if (first === undefined) return { kind: 'empty' };
    if (others.length === 0) {
      const count = first.files.length;
      const reason = `${count === 1 ? 'The one file' : `All ${count} files`} of ${folder.prefix || 'the bucket'} can be read as one: ${first.shape.reason}`;
      return { kind: 'set', set: leafSet(folder.prefix, first.shape, reason) };
    }
    const tables = groups.flatMap((group) => group.files.map((file) => fileSet(file, group, folder, groups.length)));
    return { kind: 'tables', tables };
  }

  #children(folder: Folder, children: readonly { name: string; outcome: Outcome }[]): Outcome {
    const sets = children.flatMap(({ name, outcome }) => (outcome.kind === 'set' ? [{ name, set: outcome.set }] : []));
    const finished = children.flatMap(({ outcome }) => (outcome.kind === 'tables' ? outcome.tables : []));
    if (this.#isAboveTableLevel(folder)) {
      return toOutcome([...sets.map(({ set }) => set), ...finished]);
    }
    const [only] = sets;
    if (children.length === 1 && only && !this.#isTableLevel(folder) && !looksLikeValue(only.name)) {
      // A folder in which there is only one folder is a way to it, unless that reads like a value.
      return { kind: 'set', set: only.set };
    }
    const alike = this.#alike(
      folder,
      sets.map(({ set }) => set),
    );
    const [largest] = alike;
    if (largest === undefined) return toOutcome(finished);
    const share = largest.length / children.length;
    if (share === 1) return { kind: 'set', set: this.#merge(folder, largest) };
    const single = alike.slice(1).flat();
    const isMostly = largest.length > 1 && share >= majority;
    const percent = Math.round(share * 100);
    const why = `${largest.length} of the ${children.length} folders in ${folder.prefix || 'the bucket'} (${percent} %) hold data that is alike; ${majority * 100} % makes them partitions of one table`;
    const tables = isMostly
      ? [explained(this.#merge(folder, largest), why), ...single.map((set) => explained(set, `Set apart: ${why}`))]
      : alike.flat().map((set) => explained(set, `A table of its own: ${why}`));
    return toOutcome([...tables, ...finished]);
  }

  /** Files beside folders: one table when all is alike and no folder is a partition, else tables beside each other. */
  #withOwnFiles(folder: Folder, own: Outcome, beneath: Outcome): Outcome {
    if (own.kind === 'set' && beneath.kind === 'set') {
      const isPlain = beneath.set.levels.every((level) => level.key === undefined);
      const options = { anyColumns: this.#options.combineCompatibleSchemas };
      if (isPlain && canMerge(own.set.shape, beneath.set.shape, 'one-definition', options)) {
        const reason = `Files in ${folder.prefix || 'the bucket'} and in folders below it are alike: one table without partitions, read through all folders`;
        const shape = mergeShapes(own.set.shape, beneath.set.shape);
        return { kind: 'set', set: explained(leafSet(folder.prefix, shape, own.set.reasons[0] ?? ''), reason) };
      }
    }
    // The folder as a place would take in the folders below it, so each file beside them is a place by itself.
    const files = own.kind === 'set' ? this.#fileTables(folder) : own.kind === 'tables' ? own.tables : [];
    const below = beneath.kind === 'set' ? [beneath.set] : beneath.kind === 'tables' ? beneath.tables : [];
    return { kind: 'tables', tables: [...files, ...below] };
  }

  #fileTables(folder: Folder): DataSet[] {
    return this.#groupsOf(folder).flatMap((group) =>
      group.files.map((file) =>
        explained(
          fileSet(file, group, folder, 1),
          `A table of its own: it lies beside folders that hold other data or are partitions`,
        ),
      ),
    );
  }

  /** Sets that can be partitions of one table at this folder, the largest first. */
  #alike(folder: Folder, sets: readonly DataSet[]): DataSet[][] {
    const groups: { shape: Shape; depth: number | undefined; keys: string; sets: DataSet[] }[] = [];
    const options = { anyColumns: this.#options.combineCompatibleSchemas };
    for (const set of sets) {
      const depth = depthBelow(folder.prefix, set);
      const keys = keysBelow(folder.prefix, set)
        .filter((key) => !options.anyColumns || key !== '')
        .join('/');
      const group = groups.find(
        (candidate) =>
          (candidate.depth === depth || options.anyColumns) &&
          candidate.keys === keys &&
          canMerge(candidate.shape, set.shape, 'by-partition', options),
      );
      if (group) {
        group.sets.push(set);
        group.shape = mergeShapes(group.shape, set.shape);
        if (group.depth !== depth) group.depth = undefined;
      } else {
        groups.push({ shape: set.shape, depth, keys, sets: [set] });
      }
    }
    return groups.sort((a, b) => b.sets.length - a.sets.length).map((group) => group.sets);
  }

  #merge(folder: Folder, sets: readonly DataSet[]): DataSet {
    const leaves = sets.flatMap((set) => set.leaves);
    const shape = sets.map((set) => set.shape).reduce(mergeShapes);
    const below = leaves.map((leaf) => segmentsBelow(folder.prefix, leaf.prefix));
    const depth = below[0]?.length ?? 0;
    const reason = sets[0]?.reasons[0] ?? '';
    if (below.some((segments) => segments.length !== depth)) {
      const why = 'The data lies at different depths: one table without partitions, read through all folders';
      return {
        root: folder.prefix,
        leaves: [{ prefix: folder.prefix, shape }],
        shape,
        levels: [],
        reasons: [reason, why],
      };
    }
    const levels = Array.from({ length: depth }, (_, level) => levelOf(below.map((segments) => segments[level] ?? '')));
    const names = levels.map((level) => level.key ?? 'a plain folder').join(', ');
    const why = `${leaves.length} ${leaves.length === 1 ? 'folder' : 'folders'} below ${folder.prefix || 'the bucket'} hold data that is alike: partitions by ${names}`;
    return { root: folder.prefix, leaves, shape, levels, reasons: [reason, why] };
  }

  #depth(folder: Folder): number {
    return 1 + folder.prefix.split('/').filter(Boolean).length;
  }

  #isAboveTableLevel(folder: Folder): boolean {
    return this.#options.tableLevel !== undefined && this.#depth(folder) < this.#options.tableLevel;
  }

  #isTableLevel(folder: Folder): boolean {
    return this.#depth(folder) === this.#options.tableLevel;
  }
}

function leafSet(prefix: string, shape: Shape, reason: string): DataSet {
  return { root: prefix, leaves: [{ prefix, shape }], shape, levels: [], reasons: [reason] };
}

/** A single file as a table: for folders whose files no one definition reads. */
function fileSet(file: FileGroup['files'][number], group: FileGroup, folder: Folder, groupCount: number): DataSet {
  const share = { ...group.shape, objectCount: 1, sizeBytes: file.sizeBytes };
  const rowCount = Math.round((group.shape.rowCount * file.sizeBytes) / Math.max(1, group.shape.sizeBytes));
  const set = leafSet(file.key, { ...share, rowCount }, group.shape.reason);
  if (groupCount === 1) return set;
  return explained(
    set,
    `A table of its own: the files of ${folder.prefix || 'the bucket'} are of ${groupCount} kinds, which no one definition reads`,
  );
}

function explained(set: DataSet, reason: string): DataSet {
  return { ...set, reasons: [...set.reasons, reason] };
}

function toOutcome(tables: readonly DataSet[]): Outcome {
  return tables.length === 0 ? { kind: 'empty' } : { kind: 'tables', tables };
}

function segmentsBelow(root: string, prefix: string): string[] {
  return prefix.slice(root.length).split('/').filter(Boolean);
}

/** Undefined when the leaves lie at different depths already. */
function depthBelow(root: string, set: DataSet): number | undefined {
  const depths = new Set(set.leaves.map((leaf) => segmentsBelow(root, leaf.prefix).length));
  return depths.size === 1 ? [...depths][0] : undefined;
}

/** The keys of `key=value` folders on the way, so that `year=` and `month=` never become one level. */
function keysBelow(root: string, set: DataSet): string[] {
  const [first] = set.leaves;
  return first ? segmentsBelow(root, first.prefix).map((segment) => hivePart(segment)?.key ?? '') : [];
}

function levelOf(folders: readonly string[]): Level {
  const keys = new Set(folders.map((folder) => hivePart(folder)?.key));
  return { key: keys.size === 1 ? [...keys][0] : undefined };
}
