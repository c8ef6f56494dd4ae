/** Memory of a process and those below it, as the kernel tells it; Linux only. */
import { readFileSync } from 'node:fs';

/** Anonymous memory in bytes: programs and libraries that are mapped from files do not count. 0 where it is not known. */
export function memoryInUse(pid: number): number {
  return processesBelow(pid).reduce((sum, each) => sum + anonymousBytes(each), 0);
}

function processesBelow(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
    return [pid, ...children.flatMap(processesBelow)];
  } catch {
    return [];
  }
}

function anonymousBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
