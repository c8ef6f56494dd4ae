import { startTestPlatform } from '../../../testing/platform.ts';
import { applicationEngineContract, pythonScripts } from './application-engine.contract.ts';

const withoutSpark = { sparkHome: '/nowhere' };
const sequence = 'UNNEST(sequence(1, 10000))';

applicationEngineContract('the SQL engine', {
  open: async () => ({ flags: withoutSpark }),
  ending: '.sql',
  scripts: {
    speak: "SELECT 'said ${1} ' || :word",
    fail: 'SELECT fare FROM absent_fares',
    hang: `SELECT 'up'; SELECT count(*) FROM ${sequence} AS a (x), ${sequence} AS b (y), ${sequence} AS c (z)
      WHERE (x * y + z) % 7 = 3`,
  },
  afterCrash: 'dead',
});

applicationEngineContract('a process of Node', {
  open: async () => ({ flags: withoutSpark }),
  ending: '.mjs',
  scripts: {
    speak: "console.log('said', ...process.argv.slice(2));",
    fail: "throw new Error('absent_fares');",
    hang: "console.log('up in', process.cwd()); setInterval(() => undefined, 1000);",
    flood: [
      "import { writeSync } from 'node:fs';",
      "writeSync(1, Buffer.from('bad \\xff\\xfe bytes\\n', 'latin1'));",
      "const lines = Buffer.from(('x'.repeat(99) + '\\n').repeat(1000));",
      'for (let count = 0; count < 200; count++) writeSync(1, lines);',
      "writeSync(1, 'the end\\n');",
    ].join('\n'),
  },
  afterCrash: 'dead',
});

applicationEngineContract('Python where Spark is not installed', {
  open: async () => ({ flags: withoutSpark }),
  ending: '.py',
  scripts: pythonScripts,
  afterCrash: 'dead',
});

applicationEngineContract('a remote Livy', {
  async open() {
    // A second platform is as good a Livy as any.
    const remote = await startTestPlatform(withoutSpark);
    return { flags: { livyUrl: remote.livyUrl ?? '' }, close: () => remote.close() };
  },
  ending: '.py',
  scripts: pythonScripts,
  afterCrash: 'resumed',
});
