/** `GET /health`: whether the platform and each capability is well, for people and for probes. */
import type { Capability } from '#capability';
import type { Route } from '#gateway';
import { version } from './version.ts';

export function healthRoute(capabilities: readonly Capability[]): Route {
  return {
    matches: ({ method, rawPath }) => rawPath === '/health' && (method === 'GET' || method === 'HEAD'),
    handle() {
      const parts = Object.fromEntries(
        capabilities.map((capability) => [capability.name, capability.health?.() ?? { ok: true, detail: 'ready' }]),
      );
      const isWell = Object.values(parts).every(({ ok }) => ok);
      return {
        status: isWell ? 200 : 503,
        headers: { 'content-type': 'application/json' },
        body: `${JSON.stringify({ status: isWell ? 'ok' : 'degraded', version, capabilities: parts })}\n`,
      };
    },
  };
}
