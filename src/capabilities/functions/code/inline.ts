/** The text of a template's `Code.ZipFile` as a deployment package, with the module that answers custom resources. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { invalidParameter } from '../errors.ts';
import { runtimeFamily } from '../function.ts';

// Limit: inline code has at most 4 MiB, as in AWS.
const inlineBytesMax = 4 * 2 ** 20;

const names = {
  node: { file: 'index.js', answerFile: 'node_modules/cfn-response/index.js', answerSource: 'cfn-response.js' },
  python: { file: 'index.py', answerFile: 'cfnresponse.py', answerSource: 'cfnresponse.py' },
} as const;

/** @throws InvalidParameterValueException for a runtime that has no inline code */
export async function packInline(text: string, runtime: string, bootstrapFolder: string): Promise<Buffer> {
  const family = runtimeFamily(runtime);
  if (family === 'provided') {
    throw invalidParameter(`ZipFile can only be used with nodejs and python runtimes, not with ${runtime}.`);
  }
  if (Buffer.byteLength(text) > inlineBytesMax) {
    throw invalidParameter(`ZipFile has more than ${inlineBytesMax} bytes; put the code into a bucket.`);
  }
  const { file, answerFile, answerSource } = names[family];
  const isModule = family === 'node' && /^\s*(import\s.+from\s|import\s*['"]|export\s)/m.test(text);
  return pack({
    [isModule ? 'index.mjs' : file]: Buffer.from(text),
    [answerFile]: await readFile(join(bootstrapFolder, answerSource)),
  });
}

/** A zip of these files; the same files give the same bytes. */
export async function pack(files: Readonly<Record<string, Buffer>>, mode = 0o644): Promise<Buffer> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const mtime = new Date(2020, 0, 1);
  for (const [name, content] of Object.entries(files)) {
    zip.addBuffer(content, name, { mtime, mode: 0o100_000 | mode, compress: content.length > 200 });
  }
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
