import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { CloudWatchLogs, type StartQueryCommandInput } from '@aws-sdk/client-cloudwatch-logs';
import { SystemClock } from '#kernel/clock';
import { silentLog } from '#kernel/log';
import { State } from '#kernel/state';
import { clientConfig, startGateway, until, useTempFolder } from '#testing';
import { createLogs } from '../capability.ts';
import { logsSchema } from '../store.ts';

const nowMs = Date.parse('2026-03-01T10:00:00Z');

suite('a query of Logs Insights', async () => {
  const state = State.open(join(useTempFolder(), 'state.sqlite'), [logsSchema]);
  const { capability, logs: front } = createLogs({ state, clock: new SystemClock(), log: silentLog });
  const server = await startGateway({ apis: capability.apis ?? [] });
  const client = new CloudWatchLogs(clientConfig(server.endpoint));
  after(async () => {
    client.destroy();
    await server.close();
    await capability.stop?.();
    state.close();
  });
  const lines = [
    '{"level":"error","ms":120,"user":{"name":"ann"},"tags":["x","y"]}',
    '{"level":"info","ms":5,"user":{"name":"bob"}}',
    '{"level":"info","ms":35,"user":{"name":"ann"}}',
    'took 12 ms for GET /a',
    'took 30 ms for PUT /b',
    'REPORT RequestId: 0b1c\tDuration: 12.50 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\t',
    'REPORT RequestId: 0b1d\tDuration: 7.50 ms\tBilled Duration: 8 ms\tMemory Size: 128 MB\tMax Memory Used: 50 MB\t',
  ];
  await front.append(
    '000000000000/us-east-1',
    'app',
    's',
    lines.map((message, at) => ({ message, timestampMs: nowMs + at * 60_000 })),
  );
  const ask = async (queryString: string, more: Partial<StartQueryCommandInput> = {}) => {
    const time = { startTime: nowMs / 1000, endTime: nowMs / 1000 + 3600 };
    const groups = more.logGroupNames === undefined ? { logGroupName: 'app' } : {};
    const { queryId } = await client.startQuery({ ...time, ...groups, queryString, ...more });
    await until(async () => (await client.getQueryResults({ queryId })).status !== 'Running', 'the query');
    return client.getQueryResults({ queryId });
  };
  const rows = async (queryString: string, more?: Partial<StartQueryCommandInput>) => {
    const { results = [], status } = await ask(queryString, more);
    assert.equal(status, 'Complete');
    return results.map((row) =>
      row
        .filter(({ field }) => field !== '@ptr')
        .map(({ field, value }) => `${field}=${value}`)
        .join(' '),
    );
  };

  test('gives time and message, newest first, and counts what it read', async () => {
    const { results = [], statistics } = await ask('');
    assert.equal(results.length, 7);
    assert.deepEqual(
      results.at(-1)?.map(({ field }) => field),
      ['@timestamp', '@message', '@ptr'],
    );
    assert.equal(results.at(-1)?.[0]?.value, '2026-03-01 10:00:00.000');
    assert.deepEqual([statistics?.recordsScanned, statistics?.recordsMatched], [7, 7]);
    assert.equal((await ask('fields @message | limit 2')).results?.length, 2);
    assert.equal((await ask('', { limit: 3 })).results?.length, 3);
    assert.equal((await ask('', { endTime: nowMs / 1000 })).results?.length, 1);
  });

  test('filters and shows fields that it finds in JSON', async () => {
    assert.deepEqual(await rows('fields ms, user.name | filter level = "info" | sort ms asc'), [
      'ms=5 user.name=bob',
      'ms=35 user.name=ann',
    ]);
    assert.deepEqual(await rows('filter level = "info" and not (user.name like /^b/) | display ms'), ['ms=35']);
    assert.deepEqual(await rows("filter user.name in ['ann'] and ms > 100 | display tags.1, ms / 2 as half"), [
      'tags.1=y half=60',
    ]);
    assert.deepEqual(await rows('filter ispresent(ms) and ms % 10 = 5 # odd ones\n| fields ms | sort ms desc'), [
      'ms=35',
      'ms=5',
    ]);
    assert.deepEqual(
      await rows('filter @message like "GET" | fields strlen(@message) as n, toupper(@logStream) as s'),
      ['n=21 s=S'],
    );
  });

  test('computes with text and numbers', async () => {
    assert.deepEqual(
      await rows(
        "filter ms = 5 | display concat(trim('  a '), rtrim('bxx', 'x'), ltrim('xxc', 'x')) as t, substr('hello', 1, 3) as u, coalesce(nope, 'd') as v, abs(-2 ^ 3) as w, 7 - 2 * 3 as x",
      ),
      ['t=abc u=ell v=d w=8 x=1'],
    );
  });

  test('parses text by stars and by named groups', async () => {
    assert.deepEqual(
      await rows(
        'parse @message "took * ms for * *" as took, verb, path | filter took > 1 | display verb, path | sort verb',
      ),
      ['verb=GET path=/a', 'verb=PUT path=/b'],
    );
    assert.deepEqual(await rows('parse /took (?<took>\\d+) ms/ | filter ispresent(took) | stats sum(took) as total'), [
      'total=42',
    ]);
  });

  test('counts and measures by groups and by time', async () => {
    assert.deepEqual(await rows('stats count(*) by level | sort level'), [
      'count(*)=4',
      'level=error count(*)=1',
      'level=info count(*)=2',
    ]);
    assert.deepEqual(
      await rows(
        'filter @type = "REPORT" | stats avg(@duration), max(@maxMemoryUsed) as most, pct(@duration, 50) as p50',
      ),
      ['avg(@duration)=10 most=60000000 p50=7.5'],
    );
    assert.deepEqual(await rows('stats count(*) as n, latest(ms) as last by bin(5m) as slot | sort slot'), [
      'slot=2026-03-01 10:00:00.000 n=5 last=35',
      'slot=2026-03-01 10:05:00.000 n=2',
    ]);
    assert.deepEqual(await rows('stats count(*) by user.name | sort count(*) desc | limit 2'), [
      'count(*)=4',
      'user.name=ann count(*)=2',
    ]);
    assert.deepEqual(await rows('filter level = "none" | stats count(*)'), ['count(*)=0']);
    assert.deepEqual(await rows('filter ispresent(level) | dedup level | display level | sort level'), [
      'level=error',
      'level=info',
    ]);
  });

  test('gathers what does not fit into one page', async () => {
    const events = Array.from({ length: 2500 }, (_, at) => ({ message: `{"v":${at}}`, timestampMs: nowMs + at }));
    await front.append('000000000000/us-east-1', 'many', 's', events);
    const more = { logGroupNames: ['many'] };
    assert.deepEqual(await rows('stats count(*) as n, sum(v) as total by v % 2 as odd | sort odd', more), [
      'odd=0 n=1250 total=1561250',
      'odd=1 n=1250 total=1562500',
    ]);
    assert.deepEqual(await rows('filter v >= 1500 | stats min(v) as least | limit 1', more), ['least=1500']);
    assert.deepEqual(await rows('display v | limit 2', more), ['v=2499', 'v=2498']);
  });

  test('answers the samples of the user guide', async () => {
    const memory = `filter @type = "REPORT"
      | stats max(@memorySize / 1000 / 1000) as provisionedMB,
          min(@maxMemoryUsed / 1000 / 1000) as smallestMB,
          max(@maxMemoryUsed / 1000 / 1000) as maxMB,
          provisionedMB - maxMB as overMB`;
    assert.deepEqual(await rows(memory), ['provisionedMB=128 smallestMB=50 maxMB=60 overMB=68']);
    assert.deepEqual(
      await rows(
        'filter @type = "REPORT" | fields @requestId, @billedDuration | sort by @billedDuration desc | limit 1',
      ),
      ['@requestId=0b1c @billedDuration=13'],
    );
    assert.deepEqual(await rows('fields @message | filter @message like /(?i)put/ | display @message'), [
      '@message=took 30 ms for PUT /b',
    ]);
    const seconds =
      'filter ispresent(ms) | stats max(ms) - min(ms) as span, span / 5 as part by level = "info" as info';
    assert.deepEqual(await rows(`${seconds} | sort info desc`), [
      'info=true span=30 part=6',
      'info=false span=0 part=0',
    ]);
    assert.deepEqual(await rows("stats count(*) as n by strcontains(@message, 'took') as took | sort n"), [
      'took=1 n=2',
      'took=0 n=5',
    ]);
  });

  test('reads several groups in the order of time', async () => {
    const more = { logGroupNames: ['app', 'other'] };
    await front.append('000000000000/us-east-1', 'other', 's', [{ message: 'between', timestampMs: nowMs + 30_000 }]);
    assert.deepEqual(await rows('display @log | sort @timestamp asc | limit 3', more), [
      '@log=000000000000:app',
      '@log=000000000000:other',
      '@log=000000000000:app',
    ]);
  });

  test('that cannot be read is refused with the place', async () => {
    for (const [queryString, message] of [
      ['fields @message | fliter x', /'fliter' is not a command \(characters 18 to 24\)/],
      ['filter a =', /unexpected 'end of the query'/],
      ['stats mode(x)', /the function 'mode' is not served here/],
      ['stats ms', /stats takes functions of many records/],
      ['stats max(max(ms))', /the function 'max' is not served here/],
      ['pattern @message', /the command 'pattern' is not served here/],
      ['fields md5(x)', /the function 'md5' is not served here/],
      [`filter ${'('.repeat(5000)}`, /nests more than 50 deep/],
      [`filter ${'not '.repeat(500)} a`, /nests more than 50 deep/],
      ['filter a like b', /'like' takes a text/],
      ['parse @message "a * *" as x', /2 \* and 1 names/],
      ['filter a = "x', /unexpected symbol found/],
      ['filter a like /(/', /missing closing|unclosed|\(/],
    ] as const) {
      await assert.rejects(ask(queryString), { name: 'MalformedQueryException', message });
    }
    await assert.rejects(ask('', { logGroupNames: ['none'] }), { name: 'ResourceNotFoundException' });
    await assert.rejects(ask('', { queryLanguage: 'SQL' }), { message: /not served here; use CWLI/ });
    await assert.rejects(client.getQueryResults({ queryId: 'none' }), { name: 'ResourceNotFoundException' });
  });

  test('is listed and can be stopped', async () => {
    const [time, logGroupName] = [{ startTime: 0, endTime: nowMs / 1000 }, 'app'];
    const { queryId = '' } = await client.startQuery({ ...time, logGroupName, queryString: 'fields @message' });
    const { queries = [] } = await client.describeQueries({ logGroupName, maxResults: 1 });
    assert.deepEqual([queries[0]?.queryId, queries[0]?.queryString], [queryId, 'fields @message']);
    await client.stopQuery({ queryId });
    await until(async () => (await client.getQueryResults({ queryId })).status !== 'Running', 'the end');
    assert.equal((await client.stopQuery({ queryId })).success, false);
  });
});
