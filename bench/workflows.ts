/**
 * Executions: transitions a second, durable ones acknowledged after fsync; a Map of 10,000 items; executions a second over HTTP; creation
 * with validation; 100,000 executions waiting at once. The peer in the same run is aws-local-stepfunctions, which keeps nothing.
 */
import { Agent, request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { SFN } from '@aws-sdk/client-sfn';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { StateMachine } from 'aws-local-stepfunctions';
import { median, ms, printFigures } from './report.ts';
import { clientSettings, startServer, type BenchServer } from './server.ts';

const roleArn = 'arn:aws:iam::000000000000:role/bench';
const waiting = Number(process.env['WORKFLOWS_WAITING'] ?? 100_000);

type Definition = Record<string, unknown>;

/** `rounds` times Pass and Choice: two transitions a round. */
function loop(rounds: number): Definition {
  return {
    StartAt: 'Add',
    States: {
      Add: { Type: 'Pass', Parameters: { 'n.$': 'States.MathAdd($.n, 1)' }, Next: 'Again' },
      Again: {
        Type: 'Choice',
        Choices: [{ Variable: '$.n', NumericLessThan: rounds, Next: 'Add' }],
        Default: 'Done',
      },
      Done: { Type: 'Succeed' },
    },
  };
}

function mapOf(mode: 'INLINE' | 'DISTRIBUTED', items: number): Definition {
  const config = mode === 'INLINE' ? { Mode: mode } : { Mode: mode, ExecutionType: 'STANDARD' };
  return {
    StartAt: 'Range',
    States: {
      Range: {
        Type: 'Pass',
        QueryLanguage: 'JSONata',
        Output: { items: `{% [1..${items}] %}` },
        Next: 'Each',
      },
      Each: {
        Type: 'Map',
        ItemsPath: '$.items',
        ItemProcessor: { ProcessorConfig: config, StartAt: 'One', States: { One: { Type: 'Pass', End: true } } },
        ResultPath: null,
        OutputPath: null,
        End: true,
      },
    },
  };
}

const twoStates: Definition = {
  StartAt: 'First',
  States: { First: { Type: 'Pass', Next: 'Second' }, Second: { Type: 'Succeed' } },
};

function newClient(server: BenchServer): SFN {
  return new SFN({
    ...clientSettings(server.endpoint),
    disableHostPrefix: true,
    requestHandler: new NodeHttpHandler({ httpAgent: { maxSockets: 64 }, requestTimeout: 120_000 }),
  });
}

let count = 0;

async function create(sfn: SFN, definition: Definition, type: 'STANDARD' | 'EXPRESS' = 'STANDARD'): Promise<string> {
  const { stateMachineArn } = await sfn.createStateMachine({
    name: `bench-${count++}`,
    definition: JSON.stringify(definition),
    roleArn,
    type,
  });
  return stateMachineArn!;
}

async function ended(sfn: SFN, executionArn: string): Promise<void> {
  for (;;) {
    const { status, error, cause } = await sfn.describeExecution({ executionArn });
    if (status === 'SUCCEEDED') return;
    if (status !== 'RUNNING') throw new Error(`the execution ended as ${status}: ${error} ${cause}`);
    await sleep(1);
  }
}

async function run(sfn: SFN, stateMachineArn: string, input = '{}'): Promise<void> {
  const { executionArn } = await sfn.startExecution({ stateMachineArn, input });
  await ended(sfn, executionArn!);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** The median of a few runs, after one that warms up. */
async function measured(work: () => Promise<unknown>, runs = 3): Promise<number> {
  await work();
  const times: number[] = [];
  for (let n = 0; n < runs; n++) times.push(await timed(work));
  return median(times);
}

async function concurrently(total: number, lanes: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (next < total) await work(next++);
    }),
  );
}

const perSecond = (things: number, tookMs: number): string => `${Math.round((things / tookMs) * 1000)}/s`;

async function transitions(sfn: SFN): Promise<void> {
  const peerRounds = 10_000;
  const peer = new StateMachine(loop(peerRounds) as never, { validationOptions: { noValidate: true } });
  const peerMs = await measured(() => peer.run({ n: 0 }).result);
  const peerText = `aws-local-stepfunctions in its caller's process, keeping nothing: ${perSecond(2 * peerRounds, peerMs)}`;

  const express = await create(sfn, loop(50_000), 'EXPRESS');
  const expressMs = await measured(async () => {
    const { status, cause } = await sfn.startSyncExecution({ stateMachineArn: express, input: '{"n":0}' });
    if (status !== 'SUCCEEDED') throw new Error(`the execution ended as ${status}: ${cause}`);
  });
  // A Standard execution has 25,000 events at most: two for each transition.
  const rounds = 6000;
  const standard = await create(sfn, loop(rounds));
  const oneMs = await measured(() => run(sfn, standard, '{"n":0}'));
  const many = 50;
  const manyMs = await measured(() => concurrently(many, many, () => run(sfn, standard, '{"n":0}')), 1);
  const rates = [(100_000 / expressMs) * 1000, ((2 * rounds) / oneMs) * 1000, ((2 * rounds * many) / manyMs) * 1000];
  printFigures([
    {
      name: 'transitions in memory, Express',
      measured: perSecond(100_000, expressMs),
      asked: '>= 50000/s',
      met: rates[0]! >= 50_000,
      against: peerText,
    },
    {
      name: 'transitions of one durable execution',
      measured: perSecond(2 * rounds, oneMs),
      asked: '>= 4000/s',
      met: rates[1]! >= 4000,
      against: peerText,
    },
    {
      name: `transitions of ${many} durable executions`,
      measured: perSecond(2 * rounds * many, manyMs),
      asked: '>= 50000/s',
      met: rates[2]! >= 50_000,
      against: peerText,
    },
  ]);
}

async function maps(sfn: SFN): Promise<void> {
  const peerInput = { items: Array.from({ length: 10_000 }, (_, n) => n + 1) };
  const peer = new StateMachine({ ...mapOf('INLINE', 0), StartAt: 'Each' } as never, {
    validationOptions: { noValidate: true },
  });
  const peerMs = await measured(() => peer.run(peerInput).result, 1);
  // Inline, each item takes 4 of the 25,000 events that an execution may have.
  for (const [mode, items] of [
    ['INLINE', 6000],
    ['DISTRIBUTED', 10_000],
  ] as const) {
    const machine = await create(sfn, mapOf(mode, items));
    const tookMs = await measured(() => run(sfn, machine));
    printFigures([
      {
        name: `a durable ${mode.toLowerCase()} Map of ${items} items`,
        measured: ms(tookMs),
        asked: '<= 1500 ms',
        met: tookMs <= 1500,
        against: `aws-local-stepfunctions, 10000 items and keeping nothing: ${ms(peerMs)}`,
      },
    ]);
  }
}

/** Calls without the SDK, whose own work for a call is larger than the server's. `--open` takes the signature unread. */
function rawCalls(server: BenchServer) {
  const { hostname, port } = new URL(server.endpoint);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return async (operation: string, input: object): Promise<Record<string, string>> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const call = request({
        hostname,
        port,
        agent,
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `AWSStepFunctions.${operation}`,
          'x-amz-date': new Date().toISOString().replaceAll(/[-:]|\.\d+/g, ''),
          authorization: `AWS4-HMAC-SHA256 Credential=test/${new Date().toISOString().slice(0, 10).replaceAll('-', '')}/us-east-1/states/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
        },
      });
      call.once('response', resolve).once('error', reject).end(JSON.stringify(input));
    });
    const answer = JSON.parse(await text(response)) as Record<string, string>;
    if (response.statusCode !== 200) throw new Error(JSON.stringify(answer));
    return answer;
  };
}

async function overHttp(sfn: SFN, server: BenchServer): Promise<void> {
  const total = 5000;
  const machine = await create(sfn, twoStates);
  const call = rawCalls(server);
  const runOne = async (): Promise<void> => {
    const { executionArn } = await call('StartExecution', { stateMachineArn: machine });
    while ((await call('DescribeExecution', { executionArn }))['status'] !== 'SUCCEEDED') await sleep(1);
  };
  const tookMs = await measured(() => concurrently(total, 64, runOne), 3);
  const floorMs = await measured(
    () => concurrently(total, 64, () => call('DescribeStateMachine', { stateMachineArn: machine })),
    3,
  );
  printFigures([
    {
      name: 'executions over HTTP, start to succeeded',
      measured: perSecond(total, tookMs),
      asked: '>= 1000/s',
      met: total / tookMs >= 1,
      against: `the same client asks for a description ${perSecond(total, floorMs)}; an execution is a start and one or more of those`,
    },
  ]);
}

async function creation(sfn: SFN): Promise<void> {
  const times: number[] = [];
  const peerTimes: number[] = [];
  for (let n = 0; n < 60; n++) {
    const definition = { ...loop(n), Comment: `machine ${n}` };
    times.push(await timed(() => create(sfn, definition)));
    if (n < 5) peerTimes.push(await timed(async () => new StateMachine(definition as never)));
  }
  const [own, peer] = [median(times.slice(10)), median(peerTimes)];
  printFigures([
    {
      name: 'create a machine with validation, over HTTP and after fsync',
      measured: ms(own),
      asked: '<= 5 ms',
      met: own <= 5,
      against: `${(own / peer).toFixed(2)} x the ${ms(peer)} of aws-local-stepfunctions' validation`,
    },
  ]);
}

async function crowd(): Promise<void> {
  let server = await startServer();
  const { dataDir } = server;
  let sfn = newClient(server);
  const machine = await create(sfn, {
    StartAt: 'Rest',
    States: { Rest: { Type: 'Wait', TimestampPath: '$.until', End: true } },
  });
  const far = new Date(Date.now() + 365 * 86_400_000).toISOString();
  const startedMs = await timed(() =>
    concurrently(waiting, 64, () =>
      sfn.startExecution({ stateMachineArn: machine, input: JSON.stringify({ until: far }) }),
    ),
  );
  await sleep(1000);
  const bytes = server.rssBytes();
  // The server of a first start removes its folder with it; this one has to outlast the restart.
  const again = await restart(server, dataDir);
  server = again.server;
  sfn = newClient(server);
  const until = Date.now() + 3000;
  const early = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      sfn.startExecution({
        stateMachineArn: machine,
        input: JSON.stringify({ until: new Date(until + n * 100).toISOString() }),
      }),
    ),
  );
  const late: number[] = [];
  for (const [n, { executionArn }] of early.entries()) {
    await ended(sfn, executionArn!);
    const { stopDate } = await sfn.describeExecution({ executionArn: executionArn! });
    late.push(stopDate!.getTime() - (until + n * 100));
  }
  await server.stop();
  const worst = Math.max(...late.map(Math.abs));
  printFigures([
    {
      name: `${waiting} executions waiting, memory`,
      measured: `${Math.round(bytes / 2 ** 20)} MB`,
      asked: '<= 500 MB',
      met: bytes <= 500 * 2 ** 20,
      against: `started at ${perSecond(waiting, startedMs)}`,
    },
    {
      name: `${waiting} executions waiting, restart after SIGKILL`,
      measured: ms(again.readyMs),
      asked: '<= 3000 ms',
      met: again.readyMs <= 3000,
    },
    {
      name: 'timers beside them, farthest from their time',
      measured: ms(worst),
      asked: '<= 100 ms',
      met: worst <= 100,
    },
  ]);
}

async function restart(server: BenchServer, dataDir: string): Promise<{ server: BenchServer; readyMs: number }> {
  const gone = new Promise<void>((settle) => server.process.once('exit', () => settle()));
  server.process.kill('SIGKILL');
  await gone;
  const next = await startServer({ dataDir });
  return { server: next, readyMs: next.readyMs };
}

const server = await startServer();
const sfn = newClient(server);
try {
  await creation(sfn);
  await transitions(sfn);
  await maps(sfn);
  await overHttp(sfn, server);
} finally {
  sfn.destroy();
  await server.stop();
}
await crowd();
