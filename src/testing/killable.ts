/** The platform in a process of its own, to be killed: `src/main.ts start` on a folder that outlasts it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export interface KillablePlatform {
  readonly endpoint: string;
  /** From the birth of the process to the first answer of `/health`. */
  readonly startMs: number;
  /** SIGKILL to the process and to those it has begun; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code when it is gone. */
  terminate(): Promise<number | null>;
  readonly pid: number;
}

/**
 * @param flags further settings
 * @throws with the output of the process when it does not come up
 */
export async function startKillable(dataDir: string, flags: readonly string[] = []): Promise<KillablePlatform> {
  const begunMs = performance.now();
  const child = spawn(
    process.execPath,
    [
      main,
      'start',
      '--data-dir',
      dataDir,
      '--port',
      '0',
      '--livy-port',
      '0',
      '--open',
      '--no-banner',
      '--json',
      '--log-level',
      'warn',
      ...flags,
    ],
    // Its own group, so that its query processes die with it.
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const gone = once(child, 'exit');
  const kill = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      process.kill(-child.pid, 'SIGKILL');
    }
    await gone;
  };
  try {
    const endpoint = await announced(child);
    await (await fetch(`${endpoint}/health`)).text();
    const terminate = async (): Promise<number | null> => {
      child.kill('SIGTERM');
      await gone;
      return child.exitCode;
    };
    return { endpoint, startMs: performance.now() - begunMs, kill, terminate, pid: child.pid ?? 0 };
  } catch (error) {
    await kill();
    throw error;
  }
}

/** The endpoint in the line that `start --json` prints once it listens. */
function announced(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let [output, complaints] = ['', ''];
    child.stderr?.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('\n')) resolve((JSON.parse(output) as { endpoint: string }).endpoint);
    });
    child.once('exit', () => reject(new Error(`the platform did not start: ${complaints}`)));
  });
}
