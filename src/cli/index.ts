/** The commands. Each is loaded when it is called, so that `--help` costs no more than Node itself. */
import { Command, CommanderError, Option } from 'commander';
import colors from 'picocolors';
import { kebab, settings, type SettingName } from '#kernel/config';
import { version } from '../version.ts';
import { describeFailure, exitCodes } from './exit.ts';
import { createOutput, tableFormats, type Output, type TableFormat } from './output.ts';

interface GlobalFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
}

/** Runs one command line; sets the exit code and never throws. */
export async function run(args: readonly string[]): Promise<void> {
  const program = buildProgram();
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed its own word; help and version are no failure.
      process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
      return;
    }
    const { message, hint, exitCode } = describeFailure(error);
    process.stderr.write(`${colors.red('error')} ${message}\n${hint === undefined ? '' : `${colors.dim(hint)}\n`}`);
    if (args.includes('--debug') && error instanceof Error) process.stderr.write(`${error.stack}\n`);
    process.exitCode = exitCode;
  }
}

function buildProgram(): Command {
  const program = new Command('millpond')
    .description('The AWS analytics stack on your own machine.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('(see --help)');
  addServer(program);
  addClient(program);
  addStacks(program);
  // Everything behind `aws` belongs to the AWS CLI.
  for (const command of program.commands) if (command.name() !== 'aws') withCommon(command);
  program
    .command('completion <shell>')
    .description('print the completion script for bash, zsh or fish')
    .action(async (shell: string) => {
      const { completionScript } = await import('./completion.ts');
      process.stdout.write(completionScript(shell, program));
    });
  return program;
}

function addServer(program: Command): void {
  withSettings(program.command('start').description('start the platform and stay until Ctrl-C'))
    .option('--no-banner', 'print nothing when ready')
    .action(async (flags: object, command: Command) =>
      (await import('./start.ts')).runStart({ ...flags, ...globals(command) }),
    );
  withSettings(program.command('demo').description('start, deploy the data lake, load data, crawl, convert, query'))
    .option('--once', 'end when the walk-through is done')
    .option('--data <folder>', 'folder with TLC trip files (.csv or .csv.gz) in place of generated data')
    .option('--months <number>', 'months to generate', '3')
    .option('--rows <number>', 'rows of each generated month', '20000')
    .action(async (flags: object, command: Command) =>
      (await import('./demo/index.ts')).runDemo({ ...flags, ...globals(command) }, output(command)),
    );
  withSettings(program.command('doctor').description('check this machine and the data folder')).action(
    async (flags: object, command: Command) => (await import('./doctor.ts')).runDoctor(flags, output(command)),
  );
  program
    .command('spark')
    .description('show the Spark that applications run on')
    .option('--add-s3', 'download the jars by which it reads and writes s3://')
    .option('--spark-home <folder>', settings.sparkHome.doc)
    .option('--python-path <file>', settings.pythonPath.doc)
    .action(async (flags: object, command: Command) =>
      (await import('./applications/spark.ts')).runSpark(flags, output(command)),
    );
  withConnection(program.command('env').description('print the exports that point AWS clients here'))
    .option('--shell <shell>', 'bash, zsh, fish, powershell, dotenv or json', 'bash')
    .action(async (flags: object, command: Command) =>
      (await import('./env.ts')).printEnv({ ...flags, ...globals(command) }),
    );
}

function addClient(program: Command): void {
  withRows(withConnection(program.command('sql [statement]').description('run a statement through Athena')))
    .option('-f, --file <file>', 'read the statement from a file')
    .option('-d, --database <name>', 'database of unqualified names')
    .option('-w, --workgroup <name>', 'Athena work group')
    .option('--timeout <seconds>', 'give up waiting after so many seconds')
    .action(async (statement: string | undefined, flags: object, command: Command) =>
      (await import('./sql.ts')).runSql(statement, flags, output(command)),
    );
  withRows(withConnection(program.command('crawl <name>').description('run a crawler and show what it found')))
    .option('--timeout <seconds>', 'give up waiting after so many seconds')
    .action(async (name: string, flags: object, command: Command) =>
      (await import('./crawl.ts')).runCrawl(name, flags, output(command)),
    );
  withConnection(program.command('job <name>').description('run a Glue job and follow its log'))
    .option('--arg <name=value...>', 'arguments of the run')
    .option('--no-wait', 'print the run id and leave')
    .option('--timeout <seconds>', 'give up waiting after so many seconds')
    .action(async (name: string, flags: object, command: Command) =>
      (await import('./job.ts')).runJobCommand(name, flags, output(command)),
    );
  withConnection(
    program.command('workflow <name>').description('start an execution of a state machine and draw it while it runs'),
  )
    .option('--input <json>', 'input of the execution: JSON, or @file', '{}')
    .option('--execution-name <name>', 'name of the execution')
    .option('--no-wait', "print the execution's ARN and leave")
    .option('--timeout <seconds>', 'give up waiting after so many seconds')
    .action(async (name: string, flags: object, command: Command) =>
      (await import('./workflow/index.ts')).runWorkflowCommand(name, flags, output(command)),
    );
  program
    .command('applications [id]')
    .description('list what was submitted over Livy and EMR, or show one application')
    .option('--follow', 'print its log as it grows, and its progress')
    .option('--log', 'print its log')
    .option('--limit <number>', 'how many to list', '50')
    .option('--livy-url <url>', "where Livy's REST API is; that of the running platform unless given")
    .option('--data-dir <folder>', settings.dataDir.doc)
    .action(async (id: string | undefined, flags: object, command: Command) =>
      (await import('./applications/applications.ts')).showApplications(id, flags, output(command)),
    );
  withConnection(
    program
      .command('propose <table> <target>')
      .description('write a job script that converts database.table into s3://…'),
  )
    .option('--format <name>', 'parquet, textfile or json', 'parquet')
    .option('--compression <name>', 'snappy, zstd, gzip or none')
    .option('--partitioned-by <column...>', 'columns that become folders')
    .option('--column <source[:target[:type]]...>', 'columns to take, with new names and types; all unless given')
    .action(async (table: string, target: string, flags: object) =>
      (await import('./propose.ts')).runPropose(table, target, flags),
    );
  withConnection(program.command('logs [group]').description('print the events of a log group, or list the groups'))
    .option('--stream <name>', 'only this stream')
    .option('--filter <pattern>', 'only events that match the filter pattern')
    .option('--follow', 'go on as events come')
    .action(async (group: string | undefined, flags: object, command: Command) =>
      (await import('./logs.ts')).printLogs(group, { ...flags, ...globals(command) }, output(command)),
    );
  withConnection(program.command('aws').description('run the installed AWS CLI, pointed here'))
    .argument('<args...>')
    .passThroughOptions()
    .allowUnknownOption()
    .action(async (args: string[], flags: object) => (await import('./aws.ts')).runAws(args, flags));
}

function addStacks(program: Command): void {
  withRows(
    withConnection(
      program.command('deploy <template>').description('create or update a stack from a CloudFormation template'),
    ),
  )
    .option('--stack-name <name>', 'name of the stack; the folder of template.yaml unless given')
    .option('--parameter <name=value...>', 'parameters of the template')
    .option('--tag <name=value...>', 'tags of the stack')
    .option('--no-wait', 'do not wait for the end')
    .option('--timeout <seconds>', 'give up waiting after so many seconds')
    .action(async (template: string, flags: object, command: Command) =>
      (await import('./deploy.ts')).runDeploy(template, flags, output(command)),
    );
  withConnection(program.command('destroy <stack>').description('delete a stack and what it made'))
    .option('--no-wait', 'do not wait for the end')
    .action(async (stack: string, flags: object, command: Command) =>
      (await import('./deploy.ts')).runDestroy(stack, flags, output(command)),
    );
}

function withCommon(command: Command): Command {
  return command
    .option('--json', 'one JSON document on standard output')
    .option('--quiet', 'nothing on standard error but errors')
    .option('--debug', 'print the stack of an error');
}

/** For commands whose answer is rows. */
function withRows(command: Command): Command {
  return command.addOption(new Option('-o, --output <format>', 'form of the rows').choices(tableFormats));
}

function withConnection(command: Command): Command {
  return command
    .option('--endpoint <url>', 'where the platform is; the running one of the data folder unless given')
    .option('--data-dir <folder>', settings.dataDir.doc)
    .option('--region <name>', settings.region.doc);
}

/** The settings as flags, from the same table as the reference page. */
function withSettings(command: Command): Command {
  for (const name of Object.keys(settings) as SettingName[]) {
    const { kind, doc, initial } = settings[name];
    const shown = kind === 'flag' || String(initial) === '' ? doc : `${doc} (default: ${String(initial)})`;
    command.option(
      kind === 'flag' ? `--${kebab(name)}` : `--${kebab(name)} <${kind === 'number' ? 'number' : 'value'}>`,
      shown,
    );
  }
  return command;
}

function globals(command: Command): GlobalFlags {
  return command.opts<GlobalFlags>();
}

function output(command: Command): Output {
  const { json = false, quiet = false, output: format } = command.opts<GlobalFlags & { output?: TableFormat }>();
  return createOutput({ json, quiet, ...(format === undefined ? {} : { format }) });
}
