/** https://trino.io/docs/current/functions/datetime.html */
import { SqlError, notSupported } from '../errors.ts';
import { quoteString } from '../quoting.ts';
import { dateFieldNames, extractField, instantSql, localSql } from '../expressions/date-fields.ts';
import { engineZone } from '../expressions/time-zones.ts';
import { toEngineType } from '../types/engine-type.ts';
import { type SqlType, timestampTzType } from '../types/sql-type.ts';
import { fromJodaPattern, fromMysqlPattern } from './date-format.ts';
import { type CallSite, type FunctionForm, type Rendered, scalars } from './definition.ts';

const units = new Set(['millisecond', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year']);

export const dateTimeFunctions: readonly FunctionForm[] = scalars([
  ...[...dateFieldNames, 'dow', 'doy'].flatMap((name) => [
    [name, 'M -> bigint', field] as const,
    [name, 'time -> bigint', field] as const,
    [name, 'interval day to second -> bigint', field] as const,
    [name, 'interval year to month -> bigint', field] as const,
  ]),
  ['now', '-> timestamptz', instant],
  ['current_timestamp', '-> timestamptz', instant],
  ['current_timestamp', 'bigint -> timestamptz', instant],
  ['localtimestamp', '-> timestamp', (site) => `CAST(${quoteString(isoText(site).replace('Z', ''))} AS TIMESTAMP)`],
  [
    'localtimestamp',
    'bigint -> timestamp',
    (site) => `CAST(${quoteString(isoText(site).replace('Z', ''))} AS TIMESTAMP)`,
  ],
  ['current_date', '-> date', (site) => `CAST(${quoteString(isoText(site).slice(0, 10))} AS DATE)`],
  ['current_time', '-> time', (site) => `CAST(${quoteString(isoText(site).slice(11, 23))} AS TIME)`],
  ['localtime', '-> time', (site) => `CAST(${quoteString(isoText(site).slice(11, 23))} AS TIME)`],
  ['current_timezone', '-> varchar', "'UTC'"],
  ['date', 'varchar -> date', 'CAST($1 AS DATE)'],
  ['date', 'M -> date', (site) => `CAST(${localSql(arg(site, 0))} AS DATE)`],
  ['date_trunc', 'varchar, M -> M', truncate],
  ['date_add', 'varchar, bigint, M -> M', add],
  ['date_diff', 'varchar, M, M -> bigint', difference],
  ['last_day_of_month', 'M -> date', (site) => `last_day(CAST(${localSql(arg(site, 0))} AS DATE))`],
  ['date_format', 'M, varchar -> varchar', (site) => formatted(site, fromMysqlPattern)],
  [
    'date_parse',
    'varchar, varchar -> timestamp',
    (site) => `strptime(${arg(site, 0).sql}, ${pattern(site, fromMysqlPattern)})`,
  ],
  ['format_datetime', 'M, varchar -> varchar', (site) => formatted(site, fromJodaPattern)],
  [
    'parse_datetime',
    'varchar, varchar -> timestamptz',
    (site) => `CAST(strptime(${arg(site, 0).sql}, ${pattern(site, fromJodaPattern)}) AS TIMESTAMPTZ)`,
  ],
  // Differs from AWS: an instant keeps no offset of its own; '…+02:00' is shown in UTC.
  ['from_iso8601_timestamp', 'varchar -> timestamptz', 'mp_iso_timestamp($1)'],
  ['from_iso8601_timestamp_nanos', 'varchar -> timestamptz', 'mp_iso_timestamp($1)'],
  ['from_iso8601_date', 'varchar -> date', 'CAST($1 AS DATE)'],
  ['to_iso8601', 'date -> varchar', 'CAST($1 AS VARCHAR)'],
  ['to_iso8601', 'timestamp -> varchar', "strftime($1, '%Y-%m-%dT%H:%M:%S.%g')"],
  ['to_iso8601', 'timestamptz -> varchar', isoWithZone],
  ['from_unixtime', 'double -> timestamptz', 'to_timestamp($1)'],
  ['from_unixtime', 'double, varchar -> timestamptz', (site) => zoned(site, `to_timestamp(${arg(site, 0).sql})`)],
  ['from_unixtime_nanos', 'bigint -> timestamptz', 'to_timestamp($1 / 1000000000.0)'],
  ['to_unixtime', 'timestamptz -> double', 'epoch($1)'],
  ['to_unixtime', 'timestamp -> double', 'epoch($1)'],
  [
    'with_timezone',
    'timestamp, varchar -> timestamptz',
    (site) => zoned(site, `timezone(${quoteString(zoneOf(site))}, ${arg(site, 0).sql})`),
  ],
  [
    'timezone_hour',
    'timestamptz -> bigint',
    (site) => `CAST(date_diff('hour', timezone('UTC', ${arg(site, 0).sql}), ${localSql(arg(site, 0))}) AS BIGINT)`,
  ],
  [
    'timezone_minute',
    'timestamptz -> bigint',
    (site) =>
      `CAST(date_diff('minute', timezone('UTC', ${arg(site, 0).sql}), ${localSql(arg(site, 0))}) % 60 AS BIGINT)`,
  ],
  ['to_milliseconds', 'interval day to second -> bigint', 'CAST(epoch_ms($1) AS BIGINT)'],
  ['parse_duration', 'varchar -> interval day to second', 'mp_parse_duration($1)'],
]);

function arg(site: CallSite, index: number): CallSite['args'][number] {
  return site.args[index] as CallSite['args'][number];
}

function isoText(site: CallSite): string {
  return site.session.now.toISOString();
}

function instant(site: CallSite): string {
  return `CAST(${quoteString(isoText(site).replace('Z', '+00'))} AS TIMESTAMPTZ)`;
}

function field(site: CallSite): Rendered {
  return extractField(site.name, arg(site, 0), site.at);
}

function unitOf(site: CallSite): string {
  const unit = arg(site, 0).constant?.toLowerCase();
  if (unit === undefined) throw notSupported(site.at, `${site.name} with a unit that is not a literal`);
  if (!units.has(unit))
    throw new SqlError(
      'INVALID_ARGUMENTS',
      site.at,
      `'${unit}' is not a valid ${arg(site, 1).type.kind.toUpperCase()} field`,
    );
  return unit;
}

/** The value's own type: the signature's variable has lost the zone where two met. */
function truncate(site: CallSite): Rendered {
  const value = arg(site, 1);
  const local = `date_trunc(${quoteString(unitOf(site))}, ${localSql(value)})`;
  return { sql: `CAST(${instantSql(local, value.type)} AS ${toEngineType(value.type)})`, type: value.type };
}

function add(site: CallSite): Rendered {
  const unit = unitOf(site);
  const [, count] = site.args;
  const value = arg(site, 2);
  const interval =
    unit === 'quarter' ? `to_months(3 * CAST(${count?.sql} AS INTEGER))` : intervalOf(unit, count?.sql ?? '0');
  if (value.type.kind === 'date' && ['hour', 'minute', 'second', 'millisecond'].includes(unit)) {
    throw new SqlError('INVALID_ARGUMENTS', site.at, `'${unit}' is not a valid DATE field`);
  }
  const sum = `(${localSql(value)} + ${interval})`;
  return { sql: `CAST(${instantSql(sum, value.type)} AS ${toEngineType(value.type)})`, type: value.type };
}

function intervalOf(unit: string, count: string): string {
  const takesBigint = ['hour', 'minute', 'second', 'millisecond'].includes(unit);
  return `to_${unit}s(${takesBigint ? count : `CAST(${count} AS INTEGER)`})`;
}

/** Whole units between the two; the engine's date_diff counts boundaries, its date_sub whole units. */
function difference(site: CallSite): string {
  const from = arg(site, 1);
  const to = arg(site, 2);
  return `date_sub(${quoteString(unitOf(site))}, ${localSql(from)}, ${localSql(to)})`;
}

function pattern(site: CallSite, convert: (text: string, site: CallSite) => string): string {
  const text = arg(site, 1).constant;
  if (text === undefined) throw notSupported(site.at, `${site.name} with a pattern that is not a literal`);
  return quoteString(convert(text, site));
}

function formatted(site: CallSite, convert: (text: string, site: CallSite) => string): string {
  return `strftime(${localSql(arg(site, 0))}, ${pattern(site, convert)})`;
}

function zoneOf(site: CallSite): string {
  const zone = arg(site, 1).constant;
  if (zone === undefined) throw notSupported(site.at, `${site.name} with a zone that is not a literal`);
  return engineZone(zone);
}

function zoned(site: CallSite, sql: string): Rendered {
  return { sql, type: { ...timestampTzType, zone: zoneOf(site) } as SqlType };
}

function isoWithZone(site: CallSite): string {
  const value = arg(site, 0);
  const isUtc = value.type.kind !== 'timestamp' || (value.type.zone ?? 'UTC') === 'UTC';
  if (!isUtc) throw notSupported(site.at, 'to_iso8601 of a time in a zone other than UTC');
  return `(strftime(timezone('UTC', ${value.sql}), '%Y-%m-%dT%H:%M:%S.%g') || 'Z')`;
}
