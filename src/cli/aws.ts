/** `millpond aws …`: the installed AWS CLI, pointed here. Old versions ignore AWS_ENDPOINT_URL, so the flag is passed. */
import { spawnSync } from 'node:child_process';
import { findConnection, type ConnectionFlags } from './connection.ts';
import { environmentOf } from './env.ts';
import { CliError, exitCodes } from './exit.ts';

export function runAws(args: readonly string[], flags: ConnectionFlags): void {
  const { endpoint } = findConnection(flags);
  const result = spawnSync('aws', ['--endpoint-url', endpoint, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...environmentOf(flags) },
  });
  if (result.error)
    throw new CliError(
      'The AWS CLI (`aws`) is not installed.',
      exitCodes.notFound,
      "Install Debian's awscli or PyPI's, or use the other commands of millpond.",
    );
  process.exitCode = result.status ?? exitCodes.failed;
}
