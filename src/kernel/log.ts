/** The log: a constant message and fields, as aligned text on a terminal and JSON lines elsewhere. Always stderr. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines carry these fields too. */
  with(fields: LogFields): Log;
}

const ranks: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

export interface LogOptions {
  readonly level: LogLevel;
  readonly json: boolean;
  readonly write?: (line: string) => void;
  readonly now?: () => Date;
}

export function createLog(options: LogOptions, bound: LogFields = {}): Log {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const now = options.now ?? (() => new Date());
  const emit = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (ranks[level] < ranks[options.level]) return;
    const all = { ...bound, ...fields };
    write(options.json ? jsonLine(now(), level, message, all) : textLine(now(), level, message, all));
  };
  return {
    debug: (message, fields) => emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields) => emit('error', message, fields),
    with: (fields) => createLog(options, { ...bound, ...fields }),
  };
}

export const silentLog: Log = createLog({ level: 'silent', json: true });

function jsonLine(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  return `${JSON.stringify({ time: time.toISOString(), level, message, ...mapErrors(fields) })}\n`;
}

function textLine(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const tail = Object.entries(mapErrors(fields)).map(([name, value]) => `${name}=${textValue(value)}`);
  return `${[time.toISOString().slice(11, 23), level.padEnd(5), message, ...tail].join(' ')}\n`;
}

function textValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined');
  return /[\s"]/.test(text) && typeof value === 'string' ? JSON.stringify(text) : text;
}

function mapErrors(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]),
  );
}
