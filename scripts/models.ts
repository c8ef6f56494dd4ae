/**
 * Writes `models/`: the AWS service models from botocore, without documentation and examples.
 *
 * `node scripts/models.ts` downloads the pinned wheel from PyPI with pip; `node scripts/models.ts FILE.whl` reads one
 * that is there already. The output is the same for the same wheel: one operation, shape or paginator a line.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import { withQueryProtocol } from './sqs-query.ts';

const botocoreVersion = '1.44.5';

/** Names of botocore's folders, which are the names of our models. */
const services = [
  'athena',
  'cloudformation',
  'cloudtrail',
  'emr',
  'events',
  'glue',
  'iam',
  'lambda',
  'logs',
  's3',
  'scheduler',
  'sns',
  'sqs',
  'ssm',
  'stepfunctions',
  'sts',
];

/** Services that nobody serves here but state machines call: their outputs, against which mocked results are checked. */
const resultServices = [
  'batch',
  'bedrock-runtime',
  'cloudwatch',
  'codebuild',
  'databrew',
  'dynamodb',
  'ecs',
  'emr-containers',
  'emr-serverless',
  'firehose',
  'kinesis',
  'kms',
  'rds-data',
  'redshift-data',
  'secretsmanager',
  'ses',
];

type Json = Record<string, unknown>;

/** What a server has no use for: text for people, hints for a client's endpoint rules. */
const dropped = new Set([
  'documentation',
  'documentationUrl',
  'examples',
  'deprecatedMessage',
  'deprecatedSince',
  'contextParam',
  'staticContextParams',
  'operationContextParams',
  'clientContextParams',
  'requestcompression',
  'endpointdiscovery',
  'endpointoperation',
]);

const outputFolder = join(import.meta.dirname, '..', 'models');
const wheel = process.argv[2] === undefined ? downloadWheel() : readFileSync(process.argv[2]);
const entries = readZip(wheel);

mkdirSync(outputFolder, { recursive: true });
const index: Json = {};
for (const service of services) {
  const model = service === 'sqs' ? withQueryProtocol(readModel(service)) : readModel(service);
  writeFileSync(join(outputFolder, `${service}.json`), formatModel(model));
  index[service] = indexEntry(model);
}
writeFileSync(join(outputFolder, 'index.json'), `${formatSection(index, '')}\n`);

const resultsFolder = join(outputFolder, 'results');
mkdirSync(resultsFolder, { recursive: true });
const resultIndex: Json = {};
for (const service of resultServices) {
  const model = outputsOnly(readModel(service));
  writeFileSync(join(resultsFolder, `${service}.json`), formatModel(model));
  resultIndex[service] = indexEntry(model);
}
writeFileSync(join(resultsFolder, 'index.json'), `${formatSection(resultIndex, '')}\n`);

function downloadWheel(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'botocore-'));
  try {
    execFileSync(
      'python3',
      ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', folder, `botocore==${botocoreVersion}`],
      {
        stdio: 'inherit',
      },
    );
    const [file] = readdirSync(folder);
    if (file === undefined) throw new Error('pip downloaded nothing.');
    return readFileSync(join(folder, file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @returns a reader of each file in the archive, by its path (APPNOTE 4.3.12, central directory). */
function readZip(archive: Buffer): Map<string, () => Buffer> {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const files = new Map<string, () => Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const method = archive.readUInt16LE(at + 10);
    const compressedBytes = archive.readUInt32LE(at + 20);
    const nameBytes = archive.readUInt16LE(at + 28);
    const localAt = archive.readUInt32LE(at + 42);
    const name = archive.toString('utf8', at + 46, at + 46 + nameBytes);
    files.set(name, () => {
      const dataAt = localAt + 30 + archive.readUInt16LE(localAt + 26) + archive.readUInt16LE(localAt + 28);
      const data = archive.subarray(dataAt, dataAt + compressedBytes);
      return method === 0 ? data : inflateRawSync(data);
    });
    at += 46 + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}

/** The newest API version of the service, documentation dropped, paginators joined to it. */
function readModel(service: string): Json {
  const pattern = new RegExp(`^botocore/data/${service}/([^/]+)/service-2\\.json\\.gz$`);
  const versions = [...entries.keys()].flatMap((name) => pattern.exec(name)?.[1] ?? []).sort();
  const version = versions.at(-1);
  if (version === undefined) throw new Error(`botocore ${botocoreVersion} has no service '${service}'.`);
  const read = (file: string): Buffer | undefined => entries.get(`botocore/data/${service}/${version}/${file}`)?.();
  const model = strip(JSON.parse(gunzipSync(read('service-2.json.gz')!).toString())) as Json;
  const extras = JSON.parse(read('service-2.sdk-extras.json')?.toString() ?? '{}') as { merge?: { shapes?: Json } };
  Object.assign(model['shapes'] as Json, extras.merge?.shapes);
  const paginators = JSON.parse(read('paginators-1.json')?.toString() ?? '{}') as Json;
  return { ...model, paginators: paginators['pagination'] ?? {} };
}

/** Drops by key, but never a member, operation or shape that happens to bear such a name. */
function strip(value: unknown, namesAreData = false): unknown {
  if (Array.isArray(value)) return value.map((item) => strip(item));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => namesAreData || !dropped.has(key));
  return Object.fromEntries(
    kept.map(([key, child]) => [key, strip(child, !namesAreData && ['members', 'shapes', 'operations'].includes(key))]),
  );
}

/** The operations with their outputs, and the shapes that outputs are made of. */
function outputsOnly(model: Json): Json {
  const operations: Json = {};
  const shapes: Json = {};
  const keep = (name: string): void => {
    if (name in shapes) return;
    const shape = (model['shapes'] as Json)[name];
    shapes[name] = shape;
    for (const [, reference] of JSON.stringify(shape).matchAll(/"shape":"([^"]+)"/g)) keep(reference ?? '');
  };
  for (const [name, operation] of Object.entries(model['operations'] as Json)) {
    const { output, http } = operation as { output?: { shape: string }; http: unknown };
    if (output === undefined) continue;
    operations[name] = { name, http, output };
    keep(output.shape);
  }
  return { metadata: model['metadata'], operations, paginators: {}, shapes };
}

function formatModel(model: Json): string {
  const sections = ['operations', 'paginators', 'shapes'].map(
    (name) => `"${name}": ${formatSection(model[name] as Json, '  ')}`,
  );
  return `{\n  "metadata": ${JSON.stringify(model['metadata'])},\n  ${sections.join(',\n  ')}\n}\n`;
}

function formatSection(section: Json, indent: string): string {
  const lines = Object.keys(section)
    .sort()
    .map((name) => `${indent}  ${JSON.stringify(name)}: ${JSON.stringify(section[name])}`);
  return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
}

/** What tells a service by the look of a request, so that no whole model is read before it is called. */
function indexEntry(model: Json): Json {
  const metadata = model['metadata'] as Json;
  const { targetPrefix, endpointPrefix, signingName, apiVersion, protocols } = metadata;
  return { signingName: signingName ?? endpointPrefix, targetPrefix, apiVersion, protocols };
}
