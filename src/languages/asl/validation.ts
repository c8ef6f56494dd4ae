/** What the validator says, in the codes and places of ValidateStateMachineDefinition. */
import type { Machine } from './machine.ts';

export interface Diagnostic {
  readonly severity: 'ERROR' | 'WARNING';
  /** `SCHEMA_VALIDATION_FAILED`, `MISSING_TRANSITION_TARGET` … */
  readonly code: string;
  readonly message: string;
  /** A pointer such as `/States/Wait/SecondsPath`. */
  readonly location?: string;
}

export interface CompileOptions {
  /** Express machines refuse `.sync`, callbacks, activities and distributed Map. */
  readonly type: 'STANDARD' | 'EXPRESS';
}

export interface Compilation {
  readonly diagnostics: readonly Diagnostic[];
  /** Absent when a diagnostic is an error. */
  readonly machine?: Machine;
}
