/**
 * Entry of the DuckDB process. It has no network where the system allows that, no environment of the server's, and ends
 * with the server: DuckDB's threads may be deep in a computation then, so it ends by signal and waits for nothing.
 */
import { writeFileSync } from 'node:fs';
import type { FromProcess, ToProcess } from './protocol.ts';
import { Session } from './session.ts';

const send = (message: FromProcess): void => {
  if (process.connected) process.send?.(message);
};
const end = (): void => {
  process.kill(process.pid, 'SIGKILL');
};

process.on('disconnect', end);
// A signal to the terminal's group is the server's business; it decides when this process ends.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

try {
  // When the machine runs out of memory, this process goes before the server does.
  writeFileSync('/proc/self/oom_score_adj', '900');
} catch {
  // Not Linux, or not allowed.
}

serve();

function serve(): void {
  let session: Session | undefined;
  process.on('message', (message: ToProcess) => {
    switch (message.kind) {
      case 'options':
        session = new Session(message.options, send);
        session.ready().then(() => send({ kind: 'ready' }), fail);
        return;
      case 'run':
        session?.run(message.id, message.work).catch(fail);
        return;
      case 'cancel':
        session?.cancel(message.id);
    }
  });
}

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`, end);
}
