/** Programs of others, as the live tests call them: where they are, and how they are run beside the platform. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { TestContext } from 'node:test';

const execute = promisify(execFile);

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
}

/** Skips the test, saying why, when the program is not there. @returns whether it is */
export function needs(t: TestContext, program: string, from: string): boolean {
  if (existsSync(program)) return true;
  t.skip(`${program} is not installed (${from})`);
  return false;
}

/** Runs a program to its end; its output stands in the error when it fails. */
export async function runProgram(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  try {
    return await execute(program, args, {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      maxBuffer: 2 ** 26,
      timeout: 120_000,
    });
  } catch (error) {
    const { stdout, stderr } = error as Partial<Answer>;
    throw new Error(`${program} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}

export function awsEnvironment(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  };
}
