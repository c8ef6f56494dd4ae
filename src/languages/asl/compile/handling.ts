/** `Retry` and `Catch`. */
import type { Catcher, JsonObject, Retrier } from '../machine.ts';
import type { Fields } from './fields.ts';

export function compileRetry({ object }: Fields): readonly Retrier[] {
  return ((object.Retry as JsonObject[] | undefined) ?? []).map((retrier) => ({
    errorEquals: retrier.ErrorEquals as string[],
    intervalSeconds: (retrier.IntervalSeconds as number | undefined) ?? 1,
    maxAttempts: (retrier.MaxAttempts as number | undefined) ?? 3,
    backoffRate: (retrier.BackoffRate as number | undefined) ?? 2,
    ...(retrier.MaxDelaySeconds !== undefined && { maxDelaySeconds: retrier.MaxDelaySeconds as number }),
    jitter: (retrier.JitterStrategy as 'FULL' | 'NONE' | undefined) ?? 'NONE',
  }));
}

export function compileCatch(fields: Fields): readonly Catcher[] {
  return ((fields.object.Catch as JsonObject[] | undefined) ?? []).map((catcher, index) => {
    const inner = fields.within(catcher, `Catch[${index}]`);
    return {
      errorEquals: catcher.ErrorEquals as string[],
      next: catcher.Next as string,
      ...optional('resultPath', inner.resultPath()),
      ...optional('output', inner.isJsonata ? inner.value('Output') : undefined),
      ...optional('assign', inner.assign()),
    };
  });
}

/** `{ [name]: value }`, nothing for undefined. */
export function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [name in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [name in Name]: Value });
}
