/** A plain client of Livy's REST API. */
import { request } from 'node:http';
import { once } from 'node:events';
import { until } from '#testing';

// oxlint-disable-next-line typescript/no-explicit-any -- answers are read member by member in assertions
type Json = any;

export interface LivyAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export function openLivy(url: string) {
  const call = async (method: string, path: string, body?: string, headers?: Record<string, string>) => {
    const answer = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Json };
  };
  const get = (path: string): Promise<LivyAnswer> => call('GET', path);
  const post = (path: string, body: unknown): Promise<LivyAnswer> => call('POST', path, JSON.stringify(body));
  return {
    call,
    get,
    post,
    /** The batch once it has ended. */
    async ended(id: number, timeoutMs = 20_000): Promise<Json> {
      let body: Json;
      await until(
        async () => {
          ({ body } = await get(`/batches/${id}`));
          return ['success', 'dead', 'killed', undefined].includes(body.state);
        },
        `batch ${id} to end`,
        timeoutMs,
      );
      return body;
    },
    /** `fetch` sets the Host header itself. */
    async statusWithHost(host: string): Promise<number> {
      const { hostname, port } = new URL(url);
      const sent = request({ host: hostname, port, path: '/batches', headers: { host: `${host}:${port}` } });
      sent.end();
      const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
      answer.resume();
      await once(answer, 'end');
      return answer.statusCode ?? 0;
    },
  };
}
