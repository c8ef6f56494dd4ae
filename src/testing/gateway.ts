import { SystemClock, type Clock } from '#kernel/clock';
import { silentLog, type Log } from '#kernel/log';
import {
  createGateway,
  type Authorizer,
  type Caller,
  type Dispatcher,
  type GatewayConfig,
  type ModelLibrary,
  type RequestLog,
  type RequestRecord,
  type Route,
  type ServiceApi,
} from '#gateway';

export const testAccountId = '000000000000';

export const rootCaller: Caller = {
  kind: 'root',
  accountId: testAccountId,
  arn: `arn:aws:iam::${testAccountId}:root`,
  principalId: testAccountId,
  accessKeyId: 'test',
};

export interface TestGatewayOptions {
  readonly apis: readonly ServiceApi[] | (() => readonly ServiceApi[]);
  readonly routes?: readonly Route[];
  /** Knows the key `test` with the secret `test` and allows everything, unless given. */
  readonly authorizer?: Authorizer;
  readonly requestLog?: RequestLog;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly models?: ModelLibrary;
  readonly config?: Partial<GatewayConfig>;
}

export interface TestGateway {
  /** Such as `http://127.0.0.1:41234`. */
  readonly endpoint: string;
  readonly port: number;
  readonly dispatcher: Dispatcher;
  /** Every call so far, unless the test gave a request log of its own. */
  readonly records: readonly RequestRecord[];
  close(): Promise<void>;
}

/** Starts a gateway on a free port of the loopback address. */
export async function startGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const records: RequestRecord[] = [];
  const { apis, routes = [] } = options;
  const gateway = createGateway({
    apis: () => (typeof apis === 'function' ? apis() : apis),
    routes: () => routes,
    authorizer: options.authorizer ?? openHandedAuthorizer,
    requestLog: options.requestLog ?? { record: (record) => void records.push(record) },
    clock: options.clock ?? new SystemClock(),
    log: options.log ?? silentLog,
    config: { host: '127.0.0.1', port: 0, ...options.config },
    ...(options.models === undefined ? {} : { models: options.models }),
  });
  const { port, endpoint } = await gateway.listen();
  return { endpoint, port, dispatcher: gateway.dispatcher, records, close: () => gateway.close(500) };
}

const openHandedAuthorizer: Authorizer = {
  findCredential: (accessKeyId) =>
    accessKeyId === 'test' ? { caller: rootCaller, secretAccessKey: 'test' } : undefined,
  authorize: () => undefined,
};
