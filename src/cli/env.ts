/** `millpond env`: the exports that point every AWS SDK and CLI at the platform. */
import { findConnection, type ConnectionFlags } from './connection.ts';
import { CliError, exitCodes } from './exit.ts';

export interface EnvFlags extends ConnectionFlags {
  readonly shell?: string;
}

const shells: Readonly<Record<string, (name: string, value: string) => string>> = {
  bash: (name, value) => `export ${name}=${shellQuote(value)}`,
  zsh: (name, value) => `export ${name}=${shellQuote(value)}`,
  fish: (name, value) => `set -gx ${name} ${shellQuote(value)}`,
  powershell: (name, value) => `$env:${name} = "${value.replaceAll('"', '`"')}"`,
  dotenv: (name, value) => `${name}=${value}`,
};

export function printEnv(flags: EnvFlags & { json?: boolean }): void {
  const variables = environmentOf(flags);
  if (flags.json === true || flags.shell === 'json') return void process.stdout.write(`${JSON.stringify(variables)}\n`);
  const line = shells[flags.shell ?? 'bash'];
  if (!line)
    throw new CliError(
      `'${flags.shell}' is not a shell this knows.`,
      exitCodes.usage,
      `Use one of ${[...Object.keys(shells), 'json'].join(', ')}.`,
    );
  process.stdout.write(
    `${Object.entries(variables)
      .map(([name, value]) => line(name, value))
      .join('\n')}\n`,
  );
}

export function environmentOf(flags: ConnectionFlags): Record<string, string> {
  const connection = findConnection(flags);
  return {
    AWS_ENDPOINT_URL: connection.endpoint,
    AWS_ACCESS_KEY_ID: connection.accessKeyId,
    AWS_SECRET_ACCESS_KEY: connection.secretAccessKey,
    ...(connection.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: connection.sessionToken }),
    AWS_REGION: connection.region,
    AWS_DEFAULT_REGION: connection.region,
    // Some operations prefix the host name (sync-…), which a loopback address cannot carry.
    AWS_DISABLE_HOST_PREFIX_INJECTION: 'true',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

function shellQuote(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}
