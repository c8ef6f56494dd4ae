/** A folder or a file as a zip archive. The same files give the same bytes, whenever they were written. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CliError, exitCodes } from '../exit.ts';

/** Limit: 250 MB before compression, as AWS Lambda takes. */
const bytesMax = 250_000_000;

/** Never part of a program. */
const ignored = new Set(['.git', '.aws-sam', '.DS_Store']);

/** @param path of a folder, whose content stands at the top of the archive, or of one file */
export async function zip(path: string): Promise<Buffer> {
  const { ZipFile } = await import('yazl');
  const archive = new ZipFile();
  let sizeBytes = 0;
  for (const { file, name } of await filesOf(path)) {
    const { size, mode } = await stat(file);
    sizeBytes += size;
    if (sizeBytes > bytesMax) {
      throw new CliError(
        `${path} has more than ${bytesMax} bytes; ${file} is the file that exceeds it.`,
        exitCodes.usage,
      );
    }
    const isProgram = (mode & 0o111) !== 0;
    archive.addBuffer(await readFile(file), name, {
      mtime: new Date(2020, 0, 1),
      mode: isProgram ? 0o100_755 : 0o100_644,
    });
  }
  archive.end();
  const chunks: Buffer[] = [];
  for await (const chunk of archive.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function filesOf(path: string): Promise<{ file: string; name: string }[]> {
  if (!(await stat(path)).isDirectory()) return [{ file: path, name: basename(path) }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const found: { file: string; name: string }[] = [];
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    const name = file.slice(path.length + (path.endsWith('/') ? 0 : 1)).replaceAll('\\', '/');
    if (name.split('/').some((part) => ignored.has(part))) continue;
    // A link to a file is taken as the file.
    if ((await stat(file)).isFile()) found.push({ file, name });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}
