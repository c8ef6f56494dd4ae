/** The command line of `spark-submit` for one application. */
import type { SparkInstallation } from './installation.ts';

export interface SparkApplication {
  readonly name: string;
  /** Path of the `.py` or `.jar`. */
  readonly file: string;
  readonly className?: string | undefined;
  readonly args: readonly string[];
  readonly conf: Readonly<Record<string, string>>;
  readonly pyFiles: readonly string[];
  readonly jars: readonly string[];
  readonly files: readonly string[];
  readonly archives: readonly string[];
  readonly driverMemory?: string | undefined;
  readonly driverCores?: number | undefined;
  readonly executorMemory?: string | undefined;
  readonly executorCores?: number | undefined;
}

export interface LakeAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Options of the cluster that mean nothing where Spark runs in one process. */
const clusterOnly = /^spark\.(master|submit\.deployMode|yarn\.|kubernetes\.|dynamicAllocation\.|executor\.instances$)/;

export interface SubmitCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Text of the properties file that `args` name: secrets stay off the command line. */
  readonly properties: string;
}

/**
 * Spark runs in local mode with all processors. What is stated for YARN (master, deploy mode, instances) is left out.
 * @param propertiesFile where the caller writes `properties`
 */
export function sparkSubmit(
  spark: SparkInstallation,
  application: SparkApplication,
  lake: LakeAccess,
  propertiesFile: string,
): SubmitCommand {
  const list = (option: string, values: readonly string[]): string[] =>
    values.length === 0 ? [] : [option, values.join(',')];
  const value = (option: string, given: string | number | undefined): string[] =>
    given === undefined ? [] : [option, String(given)];
  return {
    command: `${spark.home}/bin/spark-submit`,
    args: [
      '--master',
      'local[*]',
      '--name',
      application.name,
      '--properties-file',
      propertiesFile,
      ...value('--class', application.className),
      ...value('--driver-memory', application.driverMemory ?? application.conf['spark.driver.memory']),
      ...value('--driver-cores', application.driverCores),
      ...value('--executor-memory', application.executorMemory),
      ...value('--executor-cores', application.executorCores),
      ...list('--py-files', application.pyFiles),
      ...list('--jars', application.jars),
      ...list('--files', application.files),
      ...list('--archives', application.archives),
      application.file,
      ...application.args,
    ],
    properties: formatProperties({ ...confOf(application, lake) }),
  };
}

/** What the application asks for, over defaults that it may change; where the lake is stands above both. */
function confOf(application: SparkApplication, lake: LakeAccess): Record<string, string> {
  const asked = Object.entries(application.conf).filter(([name]) => !clusterOnly.test(name));
  return {
    'spark.ui.port': '0',
    'spark.ui.showConsoleProgress': 'false',
    'spark.driver.host': '127.0.0.1',
    'spark.driver.bindAddress': '127.0.0.1',
    'spark.sql.shuffle.partitions': '8',
    ...Object.fromEntries(asked),
    'spark.hadoop.fs.s3.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem',
    'spark.hadoop.fs.s3a.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem',
    'spark.hadoop.fs.s3n.impl': 'org.apache.hadoop.fs.s3a.S3AFileSystem',
    'spark.hadoop.fs.s3a.endpoint': lake.endpoint,
    'spark.hadoop.fs.s3a.endpoint.region': lake.region,
    'spark.hadoop.fs.s3a.path.style.access': 'true',
    'spark.hadoop.fs.s3a.connection.ssl.enabled': String(lake.endpoint.startsWith('https:')),
    'spark.hadoop.fs.s3a.access.key': lake.accessKeyId,
    'spark.hadoop.fs.s3a.secret.key': lake.secretAccessKey,
    ...(lake.sessionToken === undefined
      ? { 'spark.hadoop.fs.s3a.aws.credentials.provider': 'org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider' }
      : {
          'spark.hadoop.fs.s3a.aws.credentials.provider': 'org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider',
          'spark.hadoop.fs.s3a.session.token': lake.sessionToken,
        }),
  };
}

/** Java's properties format: a name ends at the first blank, `=` or `:`, and a line at its break. */
function formatProperties(values: Readonly<Record<string, string>>): string {
  const escape = (text: string): string =>
    text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  const name = (text: string): string => escape(text).replaceAll(/[ =:#!]/g, (mark) => `\\${mark}`);
  return Object.entries(values)
    .map(([key, value]) => `${name(key)}=${escape(value).replace(/^ /, '\\ ')}\n`)
    .join('');
}
