/** Time zones: the engine's instants carry none, so a zone that the query names is part of the type. */
import { notSupported, typeMismatch } from '../errors.ts';
import { formatType, type SqlTypeOf, unknownType } from '../types/sql-type.ts';
import { coerce, typed, type Typed } from './typed.ts';

/** The zone becomes part of the type: the engine's values are instants without one. */
export function atTimeZone(operand: Typed, zone: Typed, at: Typed['at']): Typed {
  if (zone.constant === undefined) throw notSupported(at, 'AT TIME ZONE with a zone that is not a literal');
  const { type } = operand;
  if (type.kind !== 'timestamp' && type.kind !== 'unknown') {
    throw typeMismatch(
      at,
      `Type of value must be a time or timestamp with or without time zone (actual ${formatType(type)})`,
    );
  }
  if (type.kind === 'unknown') return typed('NULL', unknownType, at);
  const instant = {
    kind: 'timestamp',
    precision: (type as SqlTypeOf<'timestamp'>).precision,
    withTimeZone: true,
  } as const;
  return typed(coerce(operand, instant).sql, { ...instant, zone: engineZone(zone.constant) }, at);
}

/** `+02:00` as a zone that the engine knows; its Etc zones count the other way. */
export function engineZone(zone: string): string {
  const offset = /^([+-])(\d\d):00$/.exec(zone);
  if (offset === null) return zone === 'Z' ? 'UTC' : zone;
  const hours = Number(offset[2]);
  return hours === 0 ? 'UTC' : `Etc/GMT${offset[1] === '+' ? '-' : '+'}${hours}`;
}
