/**
 * One process for a data folder: a lock file that names the process, believed only while that process lives. The start
 * time of the process stands beside its number, because numbers are used again.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from './errors.ts';

interface Holder {
  readonly pid: number;
  readonly startedAt: string;
}

export interface FolderLock {
  release(): void;
}

/** @throws conflict naming the process that holds the folder */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'lock');
  const mine: Holder = { pid: process.pid, startedAt: startOf(process.pid) };
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(path, JSON.stringify(mine), { flag: 'wx' });
      return { release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const holder = readHolder(path);
      if (holder !== undefined && isAlive(holder)) {
        throw new PlatformError(
          'conflict',
          'DataDirInUse',
          `${folder} is in use by process ${holder.pid}. Stop it, or start with another --data-dir.`,
        );
      }
      rmSync(path, { force: true });
    }
  }
  throw new PlatformError(
    'conflict',
    'DataDirInUse',
    `${folder} was taken by another process just now. Start with another --data-dir.`,
  );
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  if (holder.pid === process.pid) return holder.startedAt === startOf(process.pid);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return holder.startedAt === startOf(holder.pid);
}

/** Field 22 of /proc/<pid>/stat: the start in clock ticks since boot; empty where there is no /proc. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
