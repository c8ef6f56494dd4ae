/** What applications, jobs and sessions share when they hand something to `spark-submit`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SparkInstallation } from '#drivers/spark/installation';
import { sparkSubmit, type SparkApplication } from '#drivers/spark/submit-command';
import { applicationFailed } from '../errors.ts';
import type { Errand, Workplace } from './workplace.ts';

export interface SparkSubmission {
  readonly command: string;
  readonly args: readonly string[];
  /** The variables by which `spark-submit` and Python find the same Spark. */
  readonly environment: Readonly<Record<string, string>>;
}

/** @param folder of this run: its properties, which hold a key of the caller, and what Spark spills */
export async function prepareSubmission(
  spark: SparkInstallation,
  application: SparkApplication,
  { workplace, folder, errand }: { workplace: Workplace; folder: string; errand: Errand },
): Promise<SparkSubmission> {
  const key = await workplace.credentials(errand);
  const lake = { ...key, endpoint: await workplace.endpoint(errand.signal), region: errand.region };
  const propertiesFile = join(folder, 'spark.properties');
  const { command, args, properties } = sparkSubmit(spark, application, lake, propertiesFile);
  await writeFile(propertiesFile, properties, { mode: 0o600 });
  const environment = {
    SPARK_HOME: spark.home,
    PYSPARK_PYTHON: spark.python,
    PYSPARK_DRIVER_PYTHON: spark.python,
    SPARK_LOCAL_IP: '127.0.0.1',
    SPARK_LOCAL_DIRS: folder,
  };
  return { command, args, environment };
}

/** @param what the thing that needs it, such as `This job` */
export function sparkMissing(what: string): string {
  return `${what} needs Spark, and none was found. Install it with \`pip install pyspark==3.5.9\` in a .venv of the working folder, or name one by sparkHome or SPARK_HOME. \`millpond doctor\` shows what is there.`;
}

/** @throws ApplicationFailed naming what is missing, and how to get it */
export function refuseMissingParts(spark: SparkInstallation): void {
  if (spark.java === undefined) {
    throw applicationFailed(
      `Spark in ${spark.home} needs Java, and none was found. Install a JRE 17 or set JAVA_HOME.`,
    );
  }
  if (spark.missingS3Jars.length > 0) {
    throw applicationFailed(
      `Spark in ${spark.home} cannot reach s3:// without ${spark.missingS3Jars.join(', ')}. \`millpond spark --add-s3\` downloads them.`,
    );
  }
}
