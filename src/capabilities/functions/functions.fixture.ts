/** A platform with functions to call, and what their tests share. */
import { spawnSync } from 'node:child_process';
import { after } from 'node:test';
import { Lambda, type CreateFunctionCommandInput, type InvokeCommandOutput } from '@aws-sdk/client-lambda';
import { clientConfig } from '#testing';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';
import { pack } from './code/inline.ts';

export const Role = 'arn:aws:iam::000000000000:role/runner';

const bwrapProbe = spawnSync('bwrap', ['--unshare-user', '--ro-bind', '/', '/', 'true']);
export const bubblewrapMissing: string | false =
  bwrapProbe.status === 0 ? false : 'bwrap is not installed or does not work';

export interface Answer {
  readonly status: number | undefined;
  readonly error: string | undefined;
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the function answers
  readonly value: any;
  readonly log: string;
}

export interface FunctionsPlatform {
  readonly platform: TestPlatform;
  readonly lambda: Lambda;
  readonly create: (
    name: string,
    files: Readonly<Record<string, string>>,
    more?: Partial<CreateFunctionCommandInput>,
  ) => Promise<void>;
  /** An invocation that waits, with the end of its log. */
  readonly call: (name: string, event?: unknown, more?: { Qualifier?: string }) => Promise<Answer>;
}

export async function startFunctions(flags: Readonly<Record<string, unknown>> = {}): Promise<FunctionsPlatform> {
  const platform = await startTestPlatform(flags);
  const lambda = new Lambda(clientConfig(platform.endpoint));
  after(async () => {
    lambda.destroy();
    await platform.close();
  });
  return {
    platform,
    lambda,
    async create(name, files, more) {
      await lambda.createFunction({ ...(await functionInput(name, files)), ...more });
    },
    async call(name, event = {}, more = {}) {
      const Payload = JSON.stringify(event);
      return answerOf(await lambda.invoke({ FunctionName: name, Payload, LogType: 'Tail', ...more }));
    },
  };
}

/** A node function of `index.mjs`, or a Python one of `index.py`; its entry is `handler`. */
export async function functionInput(
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<CreateFunctionCommandInput> {
  const isPython = 'index.py' in files;
  return {
    FunctionName: name,
    Runtime: isPython ? 'python3.12' : 'nodejs22.x',
    Handler: 'index.handler',
    Role,
    Code: { ZipFile: await zipOf(files) },
    Timeout: 10,
    MemorySize: 256,
  };
}

export function zipOf(files: Readonly<Record<string, string>>, mode?: number): Promise<Buffer> {
  return pack(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, Buffer.from(text)])), mode);
}

export function answerOf(answer: InvokeCommandOutput): Answer {
  const text = Buffer.from(answer.Payload ?? []).toString('utf8');
  return {
    status: answer.StatusCode,
    error: answer.FunctionError,
    value: text === '' ? undefined : (JSON.parse(text) as unknown),
    log: Buffer.from(answer.LogResult ?? '', 'base64').toString('utf8'),
  };
}
