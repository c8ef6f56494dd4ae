/** Tokens by OAuth 2.0 client credentials (RFC 6749 section 4.4), kept in memory until shortly before they run out. */
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import { targetFailed } from '../errors.ts';
import type { AuthParameters, HttpParameter } from './connection.ts';

type OauthParameters = NonNullable<AuthParameters['OAuthParameters']>;

interface Token {
  readonly value: string;
  readonly endsMs: number;
}

const timeoutMs = 5000;
/** A token is renewed this long before it ends, so that it does not end on the way. */
const marginMs = 30_000;
/** RFC 6749 leaves `expires_in` out of some answers. */
const lifetimeDefaultSeconds = 3600;

export class OauthTokens {
  readonly #clock: Clock;
  readonly #tokens = new Map<string, Token>();
  /** One request for a token serves all that wait for it. */
  readonly #underWay = new Map<string, Promise<Token>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  forget(connectionId: string): void {
    this.#tokens.delete(connectionId);
  }

  /** @returns the value of the Authorization header */
  async get(
    connectionId: string,
    oauth: OauthParameters,
    { signal, renew = false }: { signal?: AbortSignal; renew?: boolean },
  ): Promise<string> {
    const known = this.#tokens.get(connectionId);
    if (known !== undefined && !renew && known.endsMs - marginMs > this.#clock.nowMs()) return known.value;
    let request = this.#underWay.get(connectionId);
    if (request === undefined) {
      request = this.#fetch(oauth, signal).finally(() => this.#underWay.delete(connectionId));
      this.#underWay.set(connectionId, request);
    }
    const token = await request;
    this.#tokens.set(connectionId, token);
    return token.value;
  }

  async #fetch(oauth: OauthParameters, signal: AbortSignal | undefined): Promise<Token> {
    const { AuthorizationEndpoint, HttpMethod, ClientParameters, OAuthHttpParameters: added = {} } = oauth;
    const url = new URL(AuthorizationEndpoint);
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: ClientParameters.ClientID,
      client_secret: ClientParameters.ClientSecret,
    });
    for (const [name, value] of pairsOf(added.BodyParameters)) form.set(name, value);
    for (const [name, value] of pairsOf(added.QueryStringParameters)) url.searchParams.set(name, value);
    if (HttpMethod === 'GET') for (const [name, value] of form) url.searchParams.set(name, value);
    const deadline = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        method: HttpMethod,
        headers: {
          accept: 'application/json',
          ...(HttpMethod !== 'GET' && { 'content-type': 'application/x-www-form-urlencoded' }),
          ...Object.fromEntries(pairsOf(added.HeaderParameters)),
        },
        ...(HttpMethod !== 'GET' && { body: form.toString() }),
        redirect: 'error',
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      });
      const answer = (await response.json()) as Record<string, unknown> | null;
      const token = answer?.['access_token'];
      if (!response.ok || typeof token !== 'string') throw new Error(`it answered ${response.status}`);
      const type = typeof answer?.['token_type'] === 'string' ? answer['token_type'] : 'Bearer';
      const seconds = Number(answer?.['expires_in'] ?? lifetimeDefaultSeconds);
      const lifetimeMs = (Number.isFinite(seconds) ? seconds : lifetimeDefaultSeconds) * 1000;
      const scheme = type.toLowerCase() === 'bearer' ? 'Bearer' : type;
      return { value: `${scheme} ${token}`, endsMs: this.#clock.nowMs() + lifetimeMs };
    } catch (error) {
      throw targetFailed(`No token came from ${url.origin}${url.pathname}: ${messageOf(error)}.`, error);
    }
  }
}

function pairsOf(list: readonly HttpParameter[] = []): [string, string][] {
  return list.map(({ Key, Value }) => [Key, Value]);
}
