/**
 * A warm invocation over the runtime's own floor (the same bootstrap driven by a bare Runtime API server in this process),
 * and a cold one. The client is the AWS SDK, so its own time is part of what is measured.
 */
import { spawn } from 'node:child_process';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lambda } from '@aws-sdk/client-lambda';
import { pack } from '../src/capabilities/functions/code/inline.ts';
import { bootstrapFolder } from '../src/capabilities/functions/runtime/interpreter.ts';
import { median, ms, printFigures, type Figure } from './report.ts';
import { startServer } from './server.ts';

const warmRuns = 1000;
/** So many calls come before those that count: the client's and the platform's code is compiled by then. */
const warmUpRuns = 500;
const coldRuns = 7;
const sources = {
  node: { file: 'index.mjs', runtime: 'nodejs22.x', text: 'export const handler = async (event) => event;' },
  python: { file: 'index.py', runtime: 'python3.12', text: 'def handler(event, context):\n    return event\n' },
} as const;
type Kind = keyof typeof sources;

/** Milliseconds of one invocation through the bootstrap alone, one after the other. */
async function floorOf(kind: Kind): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'millpond-bench-'));
  writeFileSync(join(folder, sources[kind].file), sources[kind].text);
  let waiting: ((next: ServerResponse) => void) | undefined;
  let answered: (() => void) | undefined;
  const server = createServer((request, response) => {
    if (request.method === 'GET') return waiting?.(response);
    request.resume().on('end', () => {
      response.writeHead(202).end();
      answered?.();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const next = (): Promise<ServerResponse> => new Promise((resolve) => (waiting = resolve));
  let ready = next();
  const { port } = server.address() as AddressInfo;
  const [program, script] = kind === 'node' ? [process.execPath, 'node.mjs'] : ['python3', 'python.py'];
  const child = spawn(program, [join(bootstrapFolder, script)], {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      LAMBDA_TASK_ROOT: folder,
      _HANDLER: 'index.handler',
      MILLPOND_RUNTIME_API: `127.0.0.1:${port}`,
      ...Object.fromEntries(
        ['FUNCTION_NAME', 'FUNCTION_VERSION', 'FUNCTION_MEMORY_SIZE', 'LOG_GROUP_NAME', 'LOG_STREAM_NAME'].map(
          (name) => [`AWS_LAMBDA_${name}`, '128'],
        ),
      ),
    },
  });
  const times: number[] = [];
  for (let run = 0; run < warmUpRuns + warmRuns; run++) {
    const response = await ready;
    ready = next();
    const started = performance.now();
    const done = new Promise<void>((resolve) => (answered = resolve));
    response.writeHead(200, {
      'lambda-runtime-aws-request-id': String(run),
      'lambda-runtime-deadline-ms': String(Date.now() + 3000),
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:us-east-1:000000000000:function:floor',
    });
    response.end('{"a":1}');
    await done;
    times.push(performance.now() - started);
  }
  child.kill('SIGKILL');
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
  return median(times.slice(warmUpRuns));
}

/** @param call answers how long it took, in milliseconds */
async function medianOf(call: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < warmUpRuns + warmRuns; run++) times.push(await call());
  return median(times.slice(warmUpRuns));
}

const server = await startServer();
const lambda = new Lambda({
  endpoint: server.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});
const figures: Figure[] = [];
for (const kind of ['node', 'python'] as const) {
  const { file, runtime, text } = sources[kind];
  const ZipFile = await pack({ [file]: Buffer.from(text) });
  const Role = 'arn:aws:iam::000000000000:role/bench';
  const invoke = async (FunctionName: string): Promise<number> => {
    const started = performance.now();
    const { FunctionError } = await lambda.invoke({ FunctionName, Payload: '{"a":1}' });
    if (FunctionError !== undefined) throw new Error(`${kind} failed`);
    return performance.now() - started;
  };
  const cold: number[] = [];
  for (let run = 0; run < coldRuns; run++) {
    const FunctionName = `${kind}-${run}`;
    await lambda.createFunction({ FunctionName, Runtime: runtime, Handler: 'index.handler', Role, Code: { ZipFile } });
    cold.push(await invoke(FunctionName));
  }
  const warm = await medianOf(() => invoke(`${kind}-0`));
  const inside = await medianOf(async () => {
    const started = performance.now();
    await lambda.getAccountSettings({});
    return performance.now() - started;
  });
  const floor = await floorOf(kind);
  const over = warm - floor;
  const against = `floor of the runtime ${ms(floor)}; a call of the SDK that runs nothing ${ms(inside)}`;
  figures.push(
    { name: `${kind}, warm over the floor`, measured: ms(over), asked: '<= 2 ms', met: over <= 2, against },
    { name: `${kind}, cold`, measured: ms(median(cold)), asked: '<= 300 ms', met: median(cold) <= 300 },
  );
}
lambda.destroy();
await server.stop();
printFigures(figures);
