/** Addresses under which a function's package can be fetched for ten minutes, as GetFunction gives them out. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Route } from '#gateway';
import type { Clock } from '#kernel/clock';
import type { CodeStore } from './code-store.ts';

const goodForMs = 600_000;
const pathPattern = /^\/lambda-code\/([0-9a-f]{64})\.zip$/;

export class CodeDownloads {
  readonly #codes: CodeStore;
  readonly #clock: Clock;
  readonly #key = randomBytes(32);
  readonly route: Route;

  constructor(codes: CodeStore, clock: Clock) {
    this.#codes = codes;
    this.#clock = clock;
    this.route = {
      matches: ({ rawPath, method }) => rawPath.startsWith('/lambda-code/') && method === 'GET',
      handle: ({ rawPath, rawQuery }) => {
        const [, codeId = ''] = pathPattern.exec(rawPath) ?? [];
        const query = new URLSearchParams(rawQuery);
        const expires = Number(query.get('expires'));
        if (codeId === '' || !this.#isGood(codeId, expires, query.get('signature') ?? '')) {
          return {
            status: 403,
            headers: { 'content-type': 'text/plain' },
            body: 'This address is not valid any more.\n',
          };
        }
        return { status: 200, headers: { 'content-type': 'application/zip' }, body: this.#codes.read(codeId) };
      },
    };
  }

  urlOf(codeId: string, endpoint: string): string {
    const expires = this.#clock.nowMs() + goodForMs;
    return `${endpoint}/lambda-code/${codeId}.zip?expires=${expires}&signature=${this.#sign(codeId, expires)}`;
  }

  #isGood(codeId: string, expires: number, signature: string): boolean {
    const [given, wanted] = [Buffer.from(signature), Buffer.from(this.#sign(codeId, expires))];
    return expires > this.#clock.nowMs() && given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  #sign(codeId: string, expires: number): string {
    return createHmac('sha256', this.#key).update(`${codeId} ${expires}`).digest('hex');
  }
}
