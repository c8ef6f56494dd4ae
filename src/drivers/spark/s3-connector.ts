/**
 * The jars by which Spark reads and writes `s3://`: Hadoop's S3A of exactly Spark's Hadoop version and the AWS SDK that it
 * calls. For Hadoop 3.3.4 (Spark 3.4 and 3.5) seven jars of 6 MB are enough where the usual bundle has 280 MB; from Hadoop
 * 3.4 on (Spark 4) it is the bundle of the second SDK with 560 MB and more. Which bundle belongs to a Hadoop stands in
 * its parent POM.
 */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PlatformError } from '#kernel/errors';
import type { SparkInstallation } from './installation.ts';

interface Jar {
  /** `group/artifact/version` below Maven Central, the group with slashes. */
  readonly path: string;
  /** Hexadecimal; absent where Maven Central's own checksum is believed. */
  readonly sha256?: string;
}

export interface ConnectorOptions {
  /** Another mirror of Maven Central. */
  readonly maven?: string;
  /** Told of each file before it is downloaded; the size is undefined when the server does not say. */
  readonly onFile?: (name: string, sizeBytes: number | undefined) => void;
}

const mavenCentral = 'https://repo1.maven.org/maven2';
const sdk = 'com/amazonaws';
const timeoutMs = 1_800_000;

/** Of the Hadoop versions that were tried, by digests of our own. */
const connectors: Readonly<Record<string, readonly Jar[]>> = {
  '3.3.4': [
    {
      path: 'org/apache/hadoop/hadoop-aws/3.3.4',
      sha256: '53f9ae03c681a30a50aa17524bd9790ab596b28481858e54efd989a826ed3a4a',
    },
    {
      path: `${sdk}/aws-java-sdk-core/1.12.262`,
      sha256: '06fed99f929c389e168278c1b111aaf1afb270d07202fbbce92e73d1e4279678',
    },
    {
      path: `${sdk}/aws-java-sdk-s3/1.12.262`,
      sha256: 'a0cb7580178bc0d4d3558295a5bb890008478da8a6b3241989c71238b0ed3be5',
    },
    {
      path: `${sdk}/aws-java-sdk-dynamodb/1.12.262`,
      sha256: '7af4ba06d0d9b3c2ab435089caecd0567810d203aa285f7aa72861f1964d442e',
    },
    {
      path: `${sdk}/aws-java-sdk-kms/1.12.262`,
      sha256: 'c00f5ae7b334255f661d85512e7203af9523a04fb65d0c431c2eea2003ed8ae2',
    },
    {
      path: `${sdk}/aws-java-sdk-sts/1.12.262`,
      sha256: '659f48d8ebc02025c5042cc4b925f62610e81f334498f1b9e7a271ce20ecbcae',
    },
    {
      path: `${sdk}/jmespath-java/1.12.262`,
      sha256: '9001ea993a45d82a2d3086edcbda8a40b4e012d049a70fbf071fd329c0fbd777',
    },
  ],
  '3.4.1': [
    {
      path: 'org/apache/hadoop/hadoop-aws/3.4.1',
      sha256: '01334a07e179cae2b7e251f24857f11e3759108c9d6a79dcbe362a4295227da2',
    },
    {
      path: 'software/amazon/awssdk/bundle/2.24.6',
      sha256: '890bf9f2a80488f7a8aa8277d64d13a9ea3a3cdff8607ef3b63a878d8b467b41',
    },
  ],
};

/** What of the connector is not among the jars of a Spark. @param jars file names */
export function missingS3Jars(hadoopVersion: string, jars: readonly string[]): string[] {
  const has = (pattern: RegExp): boolean => jars.some((jar) => pattern.test(jar));
  const hasBundle = has(/^(aws-java-sdk-)?bundle-/);
  // Whoever put the connector there with a bundle of the SDK has all of it.
  if (has(/^hadoop-aws-/) && hasBundle) return [];
  const known = connectors[hadoopVersion];
  if (known !== undefined) return known.map(fileName).filter((name) => !jars.includes(name));
  const connector = has(/^hadoop-aws-/) ? [] : [`hadoop-aws-${hadoopVersion}.jar`];
  return hasBundle ? connector : [...connector, 'the bundle of the AWS SDK'];
}

/**
 * Downloads what is missing into the `jars` folder of a Spark.
 * @returns the names of the new files
 * @throws unavailable when Maven Central or the folder cannot be reached, or a file is not the one that was expected
 */
export async function addS3Connector(spark: SparkInstallation, options: ConnectorOptions = {}): Promise<string[]> {
  if (spark.missingS3Jars.length === 0) return [];
  const maven = options.maven ?? mavenCentral;
  const known = connectors[spark.hadoopVersion];
  // A part of a pinned list may be there already; of another connector all is fetched, whatever else is there.
  const wanted =
    known === undefined
      ? await connectorOf(spark.hadoopVersion, maven)
      : known.filter((jar) => spark.missingS3Jars.includes(fileName(jar)));
  const added: string[] = [];
  for (const jar of wanted) {
    await download(jar, join(spark.home, 'jars'), maven, options);
    added.push(fileName(jar));
  }
  return added;
}

/** The jars of any Hadoop from 3.1 on, by the versions in its parent POM. */
async function connectorOf(hadoopVersion: string, maven: string): Promise<Jar[]> {
  const url = `${maven}/org/apache/hadoop/hadoop-project/${hadoopVersion}/hadoop-project-${hadoopVersion}.pom`;
  const pom = await (await open(url)).text();
  const property = (name: string): string | undefined => new RegExp(`<${name}>([\\w.-]+)</${name}>`).exec(pom)?.[1];
  const jars: Jar[] = [{ path: `org/apache/hadoop/hadoop-aws/${hadoopVersion}` }];
  const [first, second] = [property('aws-java-sdk.version'), property('aws-java-sdk-v2.version')];
  if (second !== undefined) jars.push({ path: `software/amazon/awssdk/bundle/${second}` });
  else if (first !== undefined) jars.push({ path: `${sdk}/aws-java-sdk-bundle/${first}` });
  else throw unavailable(`${url} names no AWS SDK, so that nothing is known of the jars of Hadoop ${hadoopVersion}.`);
  const accelerator = property('amazon-s3-analyticsaccelerator-s3.version');
  if (accelerator !== undefined) {
    jars.push({ path: `software/amazon/s3/analyticsaccelerator/analyticsaccelerator-s3/${accelerator}` });
  }
  return jars;
}

/** Nothing stands under the file's name before its digest was found right. */
async function download(jar: Jar, folder: string, maven: string, { onFile }: ConnectorOptions): Promise<void> {
  const name = fileName(jar);
  const url = `${maven}/${jar.path}/${name}`;
  const expected = jar.sha256 ?? (await readChecksum(`${url}.sha1`));
  const answer = await open(url);
  const length = answer.headers.get('content-length');
  onFile?.(name, length === null ? undefined : Number(length));
  const target = join(folder, name);
  const hash = createHash(jar.sha256 === undefined ? 'sha1' : 'sha256');
  const source = answer.body;
  if (source === null) throw unavailable(`${url} is empty.`);
  try {
    const hashed = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    };
    await pipeline(Readable.fromWeb(source as never), hashed, createWriteStream(`${target}.part`));
    if (hash.digest('hex') !== expected) throw unavailable(`${name} is not the file it should be.`);
    await rename(`${target}.part`, target);
  } catch (cause) {
    await rm(`${target}.part`, { force: true }).catch(() => undefined);
    if (cause instanceof PlatformError) throw cause;
    const isOurs = typeof (cause as NodeJS.ErrnoException).syscall === 'string' && 'path' in (cause as object);
    if (isOurs) throw unavailable(`${target} cannot be written. Run this as the owner of that folder.`, cause);
    throw unavailable(`${url} broke off. Check the connection to Maven Central and the free space.`, cause);
  }
}

async function readChecksum(url: string): Promise<string> {
  const [digest] = /^[0-9a-f]{40}\b/i.exec(await (await open(url)).text()) ?? [];
  if (digest === undefined) throw unavailable(`${url} holds no SHA-1 digest.`);
  return digest.toLowerCase();
}

async function open(url: string): Promise<Response> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return answer;
  } catch (cause) {
    throw unavailable(`${url} cannot be downloaded. Check the connection to Maven Central.`, cause);
  }
}

function fileName({ path }: Jar): string {
  const [artifact, version] = path.split('/').slice(-2);
  return `${artifact}-${version}.jar`;
}

function unavailable(message: string, cause?: unknown): PlatformError {
  return new PlatformError('unavailable', 'ConnectorUnavailable', message, { cause });
}
