/** The names this server goes by. Any other name in `Host` is refused, against DNS rebinding. */
import { isIP } from 'node:net';

/** Loopback in its spellings; a bucket may stand in front of `localhost`. */
const loopbackNames = ['localhost', '127.0.0.1', '[::1]', '::1', 's3.localhost', 's3.localhost.localstack.cloud'];

export class Hosts {
  /** Longest first, so that `s3.localhost` is found before `localhost`. */
  readonly #names: readonly string[];

  constructor(configured: readonly string[]) {
    const names = [...loopbackNames, ...configured].map((name) => name.toLowerCase());
    this.#names = [...new Set(names)].sort((a, b) => b.length - a.length);
  }

  /** @param host the value of the header, port included */
  allows(host: string): boolean {
    return this.#find(host) !== undefined;
  }

  /** The bucket of a virtual-host address (`bucket.localhost:4566`); undefined for path style. */
  findBucket(host: string): string | undefined {
    const name = withoutPort(host);
    const base = this.#find(host);
    if (base === undefined || name === base || isIP(base) !== 0) return undefined;
    return name.slice(0, name.length - base.length - 1);
  }

  /** The host without a bucket in front, port included. */
  baseOf(host: string): string {
    const bucket = this.findBucket(host);
    return bucket === undefined ? host : host.slice(bucket.length + 1);
  }

  #find(host: string): string | undefined {
    const name = withoutPort(host);
    return this.#names.find((base) => name === base || (name.endsWith(`.${base}`) && isIP(base) === 0));
  }
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}
