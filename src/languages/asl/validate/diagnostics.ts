/** What a validation has found so far. */
import type { Diagnostic } from '../validation.ts';

export class Diagnostics {
  readonly list: Diagnostic[] = [];
  private readonly seen = new Set<string>();

  get hasErrors(): boolean {
    return this.list.some(({ severity }) => severity === 'ERROR');
  }

  error(code: string, message: string, location?: string): void {
    this.add('ERROR', code, message, location);
  }

  schema(message: string, location?: string): void {
    this.error('SCHEMA_VALIDATION_FAILED', message, location);
  }

  warning(code: string, message: string, location: string): void {
    this.add('WARNING', code, message, location);
  }

  private add(severity: 'ERROR' | 'WARNING', code: string, message: string, location: string | undefined): void {
    const key = `${code} ${message} ${location}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.list.push({ severity, code, message, ...(location !== undefined && { location }) });
  }
}
