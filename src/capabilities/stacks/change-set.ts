/** A change set: a plan kept for review, with everything needed to carry it out. */
import type { ResourceChange } from '#languages/template/index';
import type { Desired, StackStatus } from './stack.ts';

export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly kind: 'CREATE' | 'UPDATE';
  readonly description?: string;
  readonly createdMs: number;
  readonly status: 'CREATE_COMPLETE' | 'FAILED';
  readonly statusReason?: string;
  readonly executionStatus: 'AVAILABLE' | 'UNAVAILABLE' | 'EXECUTE_IN_PROGRESS' | 'EXECUTE_COMPLETE' | 'OBSOLETE';
  readonly desired: Desired;
  readonly changes: readonly ResourceChange[];
  readonly onFailure: 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';
  /** Status of the stack when the change set was made. */
  readonly stackStatus: StackStatus;
  readonly clientToken?: string;
}
