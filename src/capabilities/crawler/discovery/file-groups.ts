/** The files that lie directly in one folder: read, and put together where one definition reads them. */
import type { CustomClassifier } from '#formats/classify/index';
import { messageOf } from '#kernel/errors';
import type { Folder, SourceFile } from './folder.ts';
import type { FileGroup } from './grouping.ts';
import type { Sampler } from './sampling.ts';
import { type Shape, canMerge, mergeShapes } from './shape.ts';

/** A file that is in no table, and why. */
export interface SkippedFile {
  readonly key: string;
  readonly reason: string;
}

export interface FolderContents {
  readonly groups: readonly FileGroup[];
  readonly skipped: readonly SkippedFile[];
}

export interface FolderReading {
  readonly sampler: Sampler;
  readonly classifiers: readonly CustomClassifier[];
  /** Most files that are read in the folder; the others are taken to be like them. */
  readonly filesMax: number;
  readonly anyColumns: boolean;
  readonly signal: AbortSignal;
}

/** Files that are read side by side, so that one waits for the disk while another is looked at. */
const filesAtOnce = 4;

type SampledFile = { readonly file: SourceFile } & ({ readonly shape: Shape } | { readonly reason: string });

export async function readFolder(folder: Folder, reading: FolderReading): Promise<FolderContents> {
  const sampled = evenly(folder.files, reading.filesMax);
  const results: SampledFile[] = [];
  for (let first = 0; first < sampled.length; first += filesAtOnce) {
    reading.signal.throwIfAborted();
    const batch = sampled.slice(first, first + filesAtOnce);
    results.push(...(await Promise.all(batch.map((file) => sampleFile(file, reading)))));
  }
  const found = results.filter((result) => 'shape' in result);
  const skipped = results.flatMap((result) =>
    'reason' in result ? [{ key: result.file.key, reason: result.reason }] : [],
  );
  const groups = groupFiles(await withHeaders(found, reading), reading.anyColumns);
  return { groups: withUnread(groups, folder, new Set(sampled)), skipped };
}

async function sampleFile(file: SourceFile, reading: FolderReading): Promise<SampledFile> {
  try {
    const shape = await reading.sampler.sample(file, reading.classifiers);
    return shape ? { file, shape } : { file, reason: 'no classifier knows its format' };
  } catch (error) {
    return { file, reason: messageOf(error) };
  }
}

/** So many of the files, spread evenly over the list, the first and the last among them. */
function evenly(files: readonly SourceFile[], count: number): SourceFile[] {
  if (files.length <= count) return [...files];
  const step = (files.length - 1) / Math.max(1, count - 1);
  return Array.from({ length: count }, (_, index) => files[Math.round(index * step)] as SourceFile);
}

/** Adds up files to groups, the largest group first. */
function groupFiles(found: readonly { file: SourceFile; shape: Shape }[], anyColumns: boolean): FileGroup[] {
  const groups: { shape: Shape; files: SourceFile[] }[] = [];
  for (const { file, shape } of found) {
    const group = groups.find((candidate) => canMerge(candidate.shape, shape, 'one-definition', { anyColumns }));
    if (group) {
      group.shape = mergeShapes(group.shape, shape);
      group.files.push(file);
    } else {
      groups.push({ shape, files: [file] });
    }
  }
  return groups.sort((a, b) => b.files.length - a.files.length);
}

/**
 * A file with nothing but text in it shows no header of its own. Where its neighbours have one and its first line is the same,
 * that line is a header too.
 */
async function withHeaders(
  found: readonly { file: SourceFile; shape: Shape }[],
  reading: FolderReading,
): Promise<{ file: SourceFile; shape: Shape }[]> {
  const headed = found.find(({ shape }) => skipsHeader(shape));
  const delimiter = headed?.shape.format.parameters['delimiter'];
  if (headed === undefined || delimiter === undefined) return [...found];
  const asHeaded: CustomClassifier = {
    kind: 'csv',
    name: 'header of its neighbours',
    delimiter,
    containsHeader: 'PRESENT',
  };
  const result: { file: SourceFile; shape: Shape }[] = [];
  for (const entry of found) {
    const isBare =
      entry.shape.format.classification === headed.shape.format.classification && !skipsHeader(entry.shape);
    const again = isBare ? await reading.sampler.sample(entry.file, [asHeaded]) : undefined;
    const fits = again !== undefined && skipsHeader(again) && sameNames(again, headed.shape);
    result.push(fits ? { file: entry.file, shape: again } : entry);
  }
  return result;
}

function skipsHeader(shape: Shape): boolean {
  return shape.format.parameters['skip.header.line.count'] !== undefined;
}

function sameNames(a: Shape, b: Shape): boolean {
  return (
    a.columns.length === b.columns.length &&
    a.columns.every((column, index) => column.name.toLowerCase() === b.columns[index]?.name.toLowerCase())
  );
}

/** Files that were not read count to the largest group. */
function withUnread(groups: readonly FileGroup[], folder: Folder, sampled: ReadonlySet<SourceFile>): FileGroup[] {
  const [largest, ...others] = groups;
  const unread = folder.files.filter((file) => !sampled.has(file));
  if (largest === undefined || unread.length === 0) return [...groups];
  const sizeBytes = largest.shape.sizeBytes + unread.reduce((sum, file) => sum + file.sizeBytes, 0);
  const shape: Shape = {
    ...largest.shape,
    objectCount: largest.shape.objectCount + unread.length,
    sizeBytes,
    rowCount: Math.round((largest.shape.rowCount * sizeBytes) / Math.max(1, largest.shape.sizeBytes)),
  };
  return [{ shape, files: [...largest.files, ...unread] }, ...others];
}
