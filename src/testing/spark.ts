import { findSpark } from '#drivers/spark/installation';

/** Why no Spark application can run against the lake here; false when one can. */
export function missingSpark(): string | false {
  const spark = findSpark({ sparkHome: '', pythonPath: '', environment: process.env, folder: process.cwd() });
  if (spark === undefined) return 'no Spark is installed: `pip install pyspark` into .venv';
  if (spark.java === undefined) return 'Spark needs Java';
  if (spark.missingS3Jars.length > 0) return `Spark lacks its S3 connector: ${spark.missingS3Jars.join(', ')}`;
  return false;
}
