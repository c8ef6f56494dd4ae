/**
 * The jars by which Spark reads and writes `s3://`: Hadoop's S3A of exactly Spark's Hadoop version and the parts of the
 * AWS SDK it calls. For Hadoop 3.3.4 (Spark 3.4 and 3.5) seven jars of 6 MB are enough where the usual bundle has 280 MB.
 */
import { createHash } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '#kernel/errors';
import type { SparkInstallation } from './installation.ts';

interface Jar {
  /** `group/artifact/version` below Maven Central, the group with slashes. */
  readonly path: string;
  /** Hexadecimal SHA-256; absent where Maven Central's own checksum is believed. */
  readonly sha256?: string;
}

const mavenCentral = 'https://repo1.maven.org/maven2';
const sdk = 'com/amazonaws';

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
};

/** What of the connector is not among the jars of a Spark. @param jars file names */
export function missingS3Jars(hadoopVersion: string, jars: readonly string[]): string[] {
  const has = (pattern: RegExp): boolean => jars.some((jar) => pattern.test(jar));
  // Whoever put the connector there with a bundle of the SDK has all of it.
  if (has(/^hadoop-aws-/) && has(/^(aws-java-sdk-)?bundle-/)) return [];
  const known = connectors[hadoopVersion];
  if (known === undefined) return has(/^hadoop-aws-/) ? [] : [`hadoop-aws-${hadoopVersion}.jar`];
  return known.map(fileName).filter((name) => !jars.includes(name));
}

/**
 * Downloads what is missing into the `jars` folder of a Spark.
 * @returns the names of the new files
 * @throws unavailable when Maven Central or the folder cannot be reached, or a file is not the one that was expected
 */
export async function addS3Connector(spark: SparkInstallation): Promise<string[]> {
  if (spark.missingS3Jars.length === 0) return [];
  const known = connectors[spark.hadoopVersion];
  if (known === undefined) {
    throw unavailable(
      `No list of jars is known for Hadoop ${spark.hadoopVersion}. Put hadoop-aws-${spark.hadoopVersion}.jar and the AWS SDK bundle it names into ${join(spark.home, 'jars')}.`,
    );
  }
  const added: string[] = [];
  for (const jar of known.filter((each) => spark.missingS3Jars.includes(fileName(each)))) {
    const name = fileName(jar);
    const bytes = await download(`${mavenCentral}/${jar.path}/${name}`);
    const found = createHash('sha256').update(bytes).digest('hex');
    if (jar.sha256 !== undefined && found !== jar.sha256) throw unavailable(`${name} is not the file it should be.`);
    const target = join(spark.home, 'jars', name);
    try {
      writeFileSync(`${target}.part`, bytes);
      renameSync(`${target}.part`, target);
    } catch (cause) {
      throw unavailable(`${target} cannot be written. Run this as the owner of that folder.`, cause);
    }
    added.push(name);
  }
  return added;
}

async function download(url: string): Promise<Buffer> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(120_000) });
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return Buffer.from(await answer.arrayBuffer());
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
