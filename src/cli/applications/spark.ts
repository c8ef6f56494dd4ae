/** `millpond spark`: the Spark that applications run on, and the jars by which it reaches the lake. */
import { addS3Connector } from '#drivers/spark/s3-connector';
import { findSpark, type SparkInstallation } from '#drivers/spark/installation';
import { readConfig } from '../connection.ts';
import { CliError, exitCodes } from '../exit.ts';
import { formatBytes, type Output } from '../output.ts';

export interface SparkFlags {
  readonly addS3?: boolean;
  readonly dataDir?: string;
}

export const sparkRemedy =
  'python3 -m venv .venv && .venv/bin/pip install pyspark==3.5.9 && npx millpond spark --add-s3';

/** @returns undefined when there is none */
export function locateSpark(flags: object): SparkInstallation | undefined {
  const { sparkHome, pythonPath } = readConfig(flags);
  return findSpark({ sparkHome, pythonPath, environment: process.env, folder: process.cwd() });
}

export async function runSpark(flags: SparkFlags, output: Output): Promise<void> {
  const spark = locateSpark(flags);
  if (spark === undefined) {
    throw new CliError('No Spark was found.', exitCodes.failed, `Install one with: ${sparkRemedy}`);
  }
  const onFile = (name: string, sizeBytes = 0): void =>
    output.note(`downloading ${name}${sizeBytes > 0 ? ` (${formatBytes(sizeBytes)})` : ''}`);
  const added = flags.addS3 === true ? await addS3Connector(spark, { onFile }) : [];
  const missing = flags.addS3 === true ? [] : spark.missingS3Jars;
  const lines = [
    `Spark ${spark.version} with Hadoop ${spark.hadoopVersion} in ${spark.home}`,
    `Java   ${spark.java ?? 'not found: install a JRE 17 or set JAVA_HOME'}`,
    `Python ${spark.python}`,
    missing.length === 0 ? 's3://  ready' : 's3://  not yet: run `millpond spark --add-s3`',
    ...added.map((name) => `added  ${name}`),
  ];
  output.result({ ...spark, missingS3Jars: missing, added }, lines.join('\n'));
}
