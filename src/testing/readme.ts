/**
 * Runs a README: its `sh` blocks in order, in one shell, and holds what each prints against the `text` block behind it.
 * `npx millpond` means the sources of this checkout, `npx -c` a shell in which `node` is the one that runs this.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export interface ReadmeStep {
  readonly line: number;
  readonly commands: string;
  readonly expected: string | undefined;
}

export function readSteps(path: string): ReadmeStep[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const blocks: { language: string; text: string; start: number; end: number }[] = [];
  for (let index = 0; index < lines.length; index++) {
    const language = /^```(\w+)$/.exec(lines[index] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', index + 1);
    blocks.push({ language, text: lines.slice(index + 1, end).join('\n'), start: index + 1, end });
    index = end;
  }
  return blocks.flatMap(({ language, text, start, end }, index) => {
    if (language !== 'sh') return [];
    const next = blocks[index + 1];
    const isBehind = next?.language === 'text' && next.start === end + 2;
    return [{ line: start, commands: text, expected: isBehind ? next.text : undefined }];
  });
}

export interface ReadmeRun {
  readonly path: string;
  /** Of the commands, beside PATH and HOME. */
  readonly env: Readonly<Record<string, string>>;
  /** For the stand-in of npx. */
  readonly scratch: string;
}

/** @throws AssertionError naming the line of the block whose output differs */
export async function runReadme({ path, env, scratch }: ReadmeRun): Promise<void> {
  const steps = readSteps(path);
  const bin = standInForNpx(scratch);
  const mark = '----- end of block';
  const script = steps.map(({ commands }) => `${commands}\necho '${mark}'`).join('\n');
  const { PATH = '', HOME = '' } = process.env;
  const shell = spawn('bash', ['-c', script], {
    cwd: resolve('.'),
    env: { PATH: `${bin}:${PATH}`, HOME, NO_COLOR: '1', ...env },
  });
  let stdout = '';
  let stderr = '';
  shell.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  shell.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  await new Promise((settle) => shell.once('close', settle));
  const outputs = stdout.split(`${mark}\n`);
  for (const [index, { line, expected }] of steps.entries()) {
    if (expected === undefined) continue;
    assert.equal(
      outputs[index]?.trimEnd(),
      expected.trimEnd(),
      `the block at ${path}:${line} printed something else\n${stderr}`,
    );
  }
}

function standInForNpx(scratch: string): string {
  const bin = join(scratch, 'bin');
  mkdirSync(bin, { recursive: true });
  const write = (name: string, lines: readonly string[]): void => {
    writeFileSync(join(bin, name), ['#!/bin/sh', ...lines, ''].join('\n'));
    chmodSync(join(bin, name), 0o755);
  };
  write('npx', [
    `export PATH='${dirname(process.execPath)}':"$PATH"`,
    '[ "$1" = -c ] && exec sh -c "$2"',
    'shift',
    `exec node '${resolve('src/main.ts')}' "$@"`,
  ]);
  // A reader's own node may be too old to run a .ts file.
  write('node', ["echo 'a README says npx -c: it takes the node of the clone' >&2", 'exit 1']);
  return bin;
}
