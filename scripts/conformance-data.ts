/**
 * Restates two public conformance suites as compact data under `src/gateway/testdata/`:
 * the Smithy protocol tests as botocore carries them, and the AWS Signature Version 4 test suite.
 *
 * `node scripts/conformance-data.ts` downloads botocore's pinned source archive from PyPI with pip, or reads the one
 * that is named. Kept are the facts (shapes, values, requests, responses, signatures), one case a line.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const botocoreVersion = '1.44.5';
const target = join(import.meta.dirname, '..', 'src', 'gateway', 'testdata');

type Json = Record<string, unknown>;

const files = readTar(gunzipSync(process.argv[2] === undefined ? download() : readFileSync(process.argv[2])));
mkdirSync(target, { recursive: true });
for (const direction of ['input', 'output']) writeProtocolCases(direction);
writeSignatureCases();

function download(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'botocore-'));
  try {
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary', 'botocore', '--dest', folder];
    execFileSync('python3', [...pip, `botocore==${botocoreVersion}`], { stdio: 'inherit' });
    return readFileSync(join(folder, readdirSync(folder)[0]!));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Regular files of a tar archive by their path behind the first folder (POSIX pax: long paths stand in a record before). */
function readTar(archive: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const text = (at: number, length: number): string => archive.toString('utf8', at, at + length).replace(/\0.*$/s, '');
  let longPath: string | undefined;
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    const sizeBytes = Number.parseInt(text(at + 124, 12).trim(), 8);
    const kind = String.fromCharCode(archive[at + 156]!);
    const prefix = text(at + 345, 155);
    const path = longPath ?? `${prefix === '' ? '' : `${prefix}/`}${text(at, 100)}`;
    const content = archive.subarray(at + 512, at + 512 + sizeBytes);
    if (kind === '0') found.set(path.slice(path.indexOf('/') + 1), content);
    longPath = kind === 'x' ? /\d+ path=(.*)\n/.exec(content.toString())?.[1] : undefined;
    at += 512 + Math.ceil(sizeBytes / 512) * 512;
  }
  return found;
}

function writeProtocolCases(direction: string): void {
  const folder = `tests/unit/protocols/${direction}/`;
  for (const path of [...files.keys()].filter((name) => name.startsWith(folder)).sort()) {
    const suites = JSON.parse(files.get(path)!.toString()) as Json[];
    const lines = suites.map((suite) => JSON.stringify(compactSuite(suite)));
    if (lines.length === 0) continue;
    writeFileSync(join(target, `${direction}-${basename(path)}`), `[\n${lines.join(',\n')}\n]\n`);
  }
}

function compactSuite(suite: Json): Json {
  const { metadata, shapes, cases } = suite;
  return { metadata, shapes: withoutTexts(shapes as Json), cases: (cases as Json[]).map(compactCase) };
}

function withoutTexts(shapes: Json): Json {
  return Object.fromEntries(
    (Object.entries(shapes) as [string, Json][]).map(([name, { documentation: _, ...shape }]) => [
      name,
      {
        ...shape,
        ...(shape['members'] === undefined ? {} : { members: withoutDocumentation(shape['members'] as Json) }),
      },
    ]),
  );
}

function withoutDocumentation(members: Json): Json {
  return Object.fromEntries(
    (Object.entries(members) as [string, Json][]).map(([name, { documentation: _, ...member }]) => [name, member]),
  );
}

function compactCase({ description: _, given, ...facts }: Json): Json {
  const { documentation: __, ...operation } = given as Json;
  return { ...facts, given: operation };
}

/** One request of the suite with its canonical request, string to sign and authorisation. */
function writeSignatureCases(): void {
  const folder = 'tests/unit/auth/aws4_testsuite/';
  const requests = [...files.keys()].filter((name) => name.startsWith(folder) && name.endsWith('.req')).sort();
  const lines = requests.map((path) => {
    const read = (suffix: string): string => files.get(path.replace(/\.req$/, suffix))?.toString() ?? '';
    const [name] = basename(path).split('.');
    return JSON.stringify({
      name,
      request: read('.req'),
      canonicalRequest: read('.creq').replaceAll('\r', ''),
      stringToSign: read('.sts').replaceAll('\r', ''),
      authorization: read('.authz').replaceAll('\r', ''),
    });
  });
  writeFileSync(join(target, 'sigv4.json'), `[\n${lines.join(',\n')}\n]\n`);
}
