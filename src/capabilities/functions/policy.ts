/** Resource policies of functions and layers: statements added and taken away one by one. */
import { newUuid } from '#kernel/ids';
import { conflict, noSuchResource, preconditionFailed } from './errors.ts';

export interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: string | Readonly<Record<string, string>>;
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

// Differs from AWS: resource policies are kept and returned, not enforced, like every other policy here.
export interface Policy {
  readonly statements: readonly Statement[];
  readonly revisionId: string;
}

export const emptyPolicy: Policy = { statements: [], revisionId: '' };

/** @throws ResourceConflictException when the id is taken */
export function withStatement(policy: Policy, statement: Statement): Policy {
  if (policy.statements.some(({ Sid }) => Sid === statement.Sid)) {
    throw conflict(
      `The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
    );
  }
  return { statements: [...policy.statements, statement], revisionId: newUuid() };
}

/** @throws ResourceNotFoundException */
export function withoutStatement(policy: Policy, id: string): Policy {
  const statements = policy.statements.filter(({ Sid }) => Sid !== id);
  if (statements.length === policy.statements.length) throw noSuchResource();
  return { statements, revisionId: newUuid() };
}

export function checkPolicyRevision(policy: Policy, revisionId: string | undefined): void {
  if (revisionId !== undefined && revisionId !== policy.revisionId) throw preconditionFailed();
}

export function formatPolicy(policy: Policy): string {
  return JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: policy.statements });
}

/** A service, an account, an ARN or everybody, as a policy writes it. */
export function principalOf(text: string): Statement['Principal'] {
  if (text === '*') return '*';
  if (/^\d{12}$/.test(text)) return { AWS: `arn:aws:iam::${text}:root` };
  return text.startsWith('arn:') ? { AWS: text } : { Service: text };
}
