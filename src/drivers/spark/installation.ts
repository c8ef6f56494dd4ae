/**
 * The Spark of this machine: a distribution under SPARK_HOME, the one whose `spark-submit` is on the PATH, or PyPI's
 * `pyspark` in a virtual environment, which holds a whole distribution.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { missingS3Jars } from './s3-connector.ts';

export interface SparkInstallation {
  /** Holds `bin/spark-submit` and `jars/`. */
  readonly home: string;
  /** Such as `3.5.9`; empty when its jars do not tell. */
  readonly version: string;
  /** Such as `3.3.4`: the connector to S3 must be of the same version. */
  readonly hadoopVersion: string;
  /** Interpreter of the Python applications. */
  readonly python: string;
  readonly java: string | undefined;
  /** File names of the jars that `s3://` needs and that are not there. */
  readonly missingS3Jars: readonly string[];
}

export interface SparkSearch {
  /** Setting; empty when nobody said. */
  readonly sparkHome: string;
  /** Setting: a Python interpreter; empty when nobody said. */
  readonly pythonPath: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder in which a `.venv` may lie. */
  readonly folder: string;
}

/** @returns undefined when there is none; a setting that points nowhere is not passed over */
export function findSpark(search: SparkSearch): SparkInstallation | undefined {
  const home = findHome(search);
  if (home === undefined) return undefined;
  const jars = readdirSync(join(home, 'jars'));
  const versionOf = (pattern: RegExp): string => {
    for (const jar of jars) {
      const [, version] = pattern.exec(jar) ?? [];
      if (version !== undefined) return version;
    }
    return '';
  };
  const hadoopVersion = versionOf(/^hadoop-client-api-([\d.]+)\.jar$/);
  return {
    home,
    version: versionOf(/^spark-core_[\d.]+-([\d.]+)\.jar$/),
    hadoopVersion,
    python: findPython(search, home),
    java: findJava(search.environment),
    missingS3Jars: missingS3Jars(hadoopVersion, jars),
  };
}

/** The interpreter for Python scripts: the setting, the working folder's virtual environment, else `python3`. */
export function findPython({ pythonPath, folder }: Pick<SparkSearch, 'pythonPath' | 'folder'>, home = ''): string {
  if (pythonPath !== '') return pythonPath;
  // A distribution in site-packages belongs to the interpreter of that environment.
  const [, environment] = /^(.*)\/lib\/python[\d.]+\/site-packages\/pyspark$/.exec(home) ?? [];
  const candidates = [environment, join(folder, '.venv')].filter((path) => path !== undefined);
  const found = candidates.map((path) => join(path, 'bin/python')).find((path) => existsSync(path));
  return found ?? 'python3';
}

function findHome({ sparkHome, pythonPath, environment, folder }: SparkSearch): string | undefined {
  if (sparkHome !== '') return homeAt(sparkHome);
  if (environment['SPARK_HOME'] !== undefined && environment['SPARK_HOME'] !== '') {
    return homeAt(environment['SPARK_HOME']);
  }
  const environments = [
    ...(pythonPath === '' ? [] : [dirname(dirname(pythonPath))]),
    join(folder, '.venv'),
    ...(environment['VIRTUAL_ENV'] === undefined ? [] : [environment['VIRTUAL_ENV']]),
  ];
  for (const path of environments) {
    const home = homeInEnvironment(path);
    if (home !== undefined) return home;
  }
  for (const path of (environment['PATH'] ?? '').split(delimiter)) {
    if (path === '' || !existsSync(join(path, 'spark-submit'))) continue;
    const bin = dirname(realpathSync(join(path, 'spark-submit')));
    const home = homeAt(dirname(bin)) ?? homeInEnvironment(dirname(bin));
    if (home !== undefined) return home;
  }
  return undefined;
}

function homeInEnvironment(path: string): string | undefined {
  const lib = join(path, 'lib');
  if (!existsSync(lib)) return undefined;
  for (const name of readdirSync(lib)) {
    const home = name.startsWith('python') ? homeAt(join(lib, name, 'site-packages/pyspark')) : undefined;
    if (home !== undefined) return home;
  }
  return undefined;
}

function homeAt(path: string): string | undefined {
  return existsSync(join(path, 'bin/spark-submit')) && existsSync(join(path, 'jars')) ? path : undefined;
}

function findJava(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((path) => path !== '');
  if (environment['JAVA_HOME'] !== undefined) folders.unshift(join(environment['JAVA_HOME'], 'bin'));
  return folders.map((path) => join(path, 'java')).find((path) => existsSync(path));
}
