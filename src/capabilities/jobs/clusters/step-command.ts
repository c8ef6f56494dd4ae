/**
 * What a step does, from its jar and arguments as EMR reads them: `command-runner.jar` runs a program, `script-runner.jar`
 * a script of the lake, another jar is a Spark application with the step's main class.
 */
import { emptySubmission, kindOfFile, type Submission } from '../applications/application.ts';
import { applicationFailed } from '../errors.ts';
import type { StepCommand } from './step.ts';

/** Programs of a Hadoop cluster, and what to use in their place. */
const absentPrograms: Readonly<Record<string, string>> = {
  hadoop: 'Hadoop is not installed here; submit a Spark application or a SQL file.',
  'hadoop-streaming': 'Hadoop streaming is not served; run the script by script-runner.jar.',
  's3-dist-cp': 's3-dist-cp is not served; copy with `aws s3 cp --recursive`.',
  'pig-script': 'Pig is not served; use spark-submit or spark-sql.',
  hdfs: 'There is no HDFS here; use s3:// paths.',
  yarn: 'There is no YARN here.',
  sqoop: 'Sqoop is not served.',
};

/** @throws ApplicationFailed naming what nothing here runs */
export function submissionOfStep(name: string, command: StepCommand): Submission {
  const jar = command.jar.split('/').at(-1) ?? '';
  if (jar === 'command-runner.jar') return runCommand(name, command.args);
  if (jar === 'script-runner.jar') {
    const [file, ...args] = command.args;
    if (file === undefined) throw applicationFailed('script-runner.jar needs the address of a script as its argument.');
    if (/\/state-pusher\/[\d.]+\/fetch$/.test(file)) return debuggingOf(name);
    return { ...emptySubmission, kind: 'command', file, args, name };
  }
  if (/\.jar$/i.test(jar)) {
    const conf = command.properties;
    return {
      ...emptySubmission,
      kind: 'spark-jar',
      file: command.jar,
      className: command.mainClass,
      args: command.args,
      conf,
      name,
    };
  }
  throw applicationFailed(`'${command.jar}' is no jar; a step is command-runner.jar, script-runner.jar or s3://….jar.`);
}

function runCommand(name: string, words: readonly string[]): Submission {
  const [program, ...args] = words;
  if (program === undefined) throw applicationFailed('command-runner.jar needs a command as its arguments.');
  const base = program.split('/').at(-1) ?? program;
  if (base === 'state-pusher-script') return debuggingOf(name);
  const refusal = absentPrograms[base];
  if (refusal !== undefined) throw applicationFailed(`'${program}' cannot run: ${refusal}`);
  if (base === 'spark-submit') return parseSparkSubmit(name, args);
  if (['spark-sql', 'hive', 'hive-script'].includes(base)) return parseSqlCommand(name, base, args);
  if (base === 'spark-example') throw applicationFailed("'spark-example' cannot run: name the jar by spark-submit.");
  return { ...emptySubmission, kind: 'command', file: program, args, name };
}

/** The step that many templates begin with, "Setup Hadoop Debugging", asks for what is always there: the logs of steps. */
function debuggingOf(name: string): Submission {
  const args = ['Nothing is to be set up: the logs of steps are delivered to the LogUri of their cluster.'];
  return { ...emptySubmission, kind: 'command', file: 'echo', args, name };
}

/** Options of `spark-submit` that take a value and have a member of their own. */
const memberOptions: Readonly<Record<string, keyof Submission>> = {
  '--class': 'className',
  '--driver-memory': 'driverMemory',
  '--executor-memory': 'executorMemory',
  '--queue': 'queue',
  '--proxy-user': 'proxyUser',
};
const countOptions: Readonly<Record<string, keyof Submission>> = {
  '--driver-cores': 'driverCores',
  '--executor-cores': 'executorCores',
  '--num-executors': 'numExecutors',
};
const listOptions: Readonly<Record<string, 'jars' | 'pyFiles' | 'files' | 'archives'>> = {
  '--jars': 'jars',
  '--py-files': 'pyFiles',
  '--files': 'files',
  '--archives': 'archives',
};
const confOptions: Readonly<Record<string, string>> = {
  '--name': 'spark.app.name',
  '--packages': 'spark.jars.packages',
  '--exclude-packages': 'spark.jars.excludes',
  '--repositories': 'spark.jars.repositories',
  '--driver-java-options': 'spark.driver.extraJavaOptions',
  '--driver-class-path': 'spark.driver.extraClassPath',
  '--driver-library-path': 'spark.driver.extraLibraryPath',
};
/** About the cluster that Spark does not run on here. */
const ignoredOptions = ['--master', '--deploy-mode', '--total-executor-cores', '--principal', '--keytab'];
const flags = ['--verbose', '-v', '--supervise'];

/** @throws ApplicationFailed naming the option that is unknown or without a value */
export function parseSparkSubmit(name: string, words: readonly string[]): Submission {
  const conf: Record<string, string> = {};
  const members: Record<string, unknown> = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      const kind = kindOfFile(word);
      if (kind === undefined) throw applicationFailed(`spark-submit: '${word}' is no .py, .jar or .sql file.`);
      return { ...emptySubmission, ...members, conf, kind, file: word, args: words.slice(at + 1), name };
    }
    if (flags.includes(word)) continue;
    const [, option = word, attached] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
    const value = attached ?? words[++at];
    if (value === undefined) throw applicationFailed(`spark-submit: ${option} has no value.`);
    const { [option]: member = countOptions[option] } = memberOptions;
    const list = listOptions[option];
    const property = confOptions[option];
    if (option === '--conf' || option === '-c') addConf(conf, value);
    else if (list !== undefined) members[list] = value.split(',').filter((part) => part !== '');
    else if (property !== undefined) conf[property] = value;
    else if (member !== undefined) members[member] = option in countOptions ? Number(value) : value;
    else if (!ignoredOptions.includes(option))
      throw applicationFailed(`spark-submit: the option ${option} is not known.`);
  }
  throw applicationFailed('spark-submit: no .py, .jar or .sql file is named.');
}

function addConf(conf: Record<string, string>, value: string): void {
  const at = value.indexOf('=');
  if (at < 1) throw applicationFailed(`spark-submit: --conf ${value} is not name=value.`);
  conf[value.slice(0, at)] = value.slice(at + 1);
}

/** `spark-sql -f file -d NAME=value`, and Hive's spelling of the same. */
function parseSqlCommand(name: string, program: string, words: readonly string[]): Submission {
  let file: string | undefined;
  const args: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--run-hive-script' || word === '--args' || word === '-S' || word === '--silent') continue;
    const value = words[++at];
    if (value === undefined) throw applicationFailed(`${program}: ${word} has no value.`);
    if (word === '-f') file = value;
    else if (['-d', '--define', '--hivevar', '--hiveconf'].includes(word)) args.push(`--${value}`);
    else if (word === '--database') args.push(`--database=${value}`);
    else if (word !== '--conf' && word !== '--master' && word !== '--deploy-mode') {
      throw applicationFailed(
        `${program}: ${word} is not served; name a file with -f and variables with -d NAME=value.`,
      );
    }
  }
  if (file === undefined) throw applicationFailed(`${program}: name a SQL file with -f.`);
  return { ...emptySubmission, kind: 'sql', file, args, name };
}
