/** Ready in 1.0 s, idle in 150 MB, gone within 5 s of SIGTERM; beside a bare Node process that only starts. */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, ms, printFigures } from './report.ts';
import { startServer } from './server.ts';

const runs = 5;
const readyMs: number[] = [];
const stopMs: number[] = [];
const idleBytes: number[] = [];
const bareMs: number[] = [];
for (let run = 0; run < runs; run++) {
  const started = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  bareMs.push(performance.now() - started);
  const server = await startServer();
  readyMs.push(server.readyMs);
  await sleep(1500);
  idleBytes.push(server.rssBytes());
  stopMs.push(await server.stop());
}
const bare = `bare node starts and ends in ${ms(median(bareMs))}`;
printFigures([
  { name: 'ready', measured: ms(median(readyMs)), asked: '<= 1000 ms', met: median(readyMs) <= 1000, against: bare },
  {
    name: 'idle memory',
    measured: `${Math.round(median(idleBytes) / 1e6)} MB`,
    asked: '<= 150 MB',
    met: median(idleBytes) <= 150e6,
  },
  { name: 'SIGTERM to end', measured: ms(median(stopMs)), asked: '<= 5000 ms', met: median(stopMs) <= 5000 },
]);
