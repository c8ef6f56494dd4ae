/** The policy document of a form upload: what it must say, and that the form keeps to it. S3 API reference, "POST policy". */
import { PlatformError } from '#kernel/errors';
import { accessDenied } from '../errors.ts';

export interface PostPolicy {
  readonly expiresAt: Date;
  readonly conditions: readonly PostCondition[];
}

export type PostCondition =
  | { readonly kind: 'equals' | 'starts-with'; readonly field: string; readonly value: string }
  | { readonly kind: 'length'; readonly minBytes: number; readonly maxBytes: number };

const invalidPolicy = (reason: string): PlatformError =>
  new PlatformError('invalid', 'InvalidPolicyDocument', `Invalid Policy: ${reason}`);

/** Fields that no condition needs to name. */
const freeFields = new Set(['policy', 'x-amz-signature', 'file', 'awsaccesskeyid', 'signature', 'submit']);

/** @param text Base64, as the form carries it. @throws InvalidPolicyDocument */
export function parsePostPolicy(text: string): PostPolicy {
  let document: { expiration?: unknown; conditions?: unknown };
  try {
    document = JSON.parse(Buffer.from(text, 'base64').toString('utf8')) as typeof document;
  } catch {
    throw invalidPolicy('it is no JSON.');
  }
  const expiresAt = new Date(String(document?.expiration));
  if (Number.isNaN(expiresAt.getTime())) throw invalidPolicy("it has no 'expiration' in ISO 8601.");
  if (!Array.isArray(document.conditions)) throw invalidPolicy("it has no list of 'conditions'.");
  return { expiresAt, conditions: document.conditions.flatMap(parseCondition) };
}

function parseCondition(condition: unknown): PostCondition[] {
  if (Array.isArray(condition) && condition.length === 3) {
    const [operator, first, second] = condition as unknown[];
    const kind = String(operator).toLowerCase();
    if (kind === 'content-length-range') return [{ kind: 'length', minBytes: Number(first), maxBytes: Number(second) }];
    if ((kind === 'eq' || kind === 'starts-with') && typeof first === 'string' && first.startsWith('$')) {
      const field = first.slice(1).toLowerCase();
      return [{ kind: kind === 'eq' ? 'equals' : kind, field, value: String(second) }];
    }
  } else if (typeof condition === 'object' && condition !== null && !Array.isArray(condition)) {
    return Object.entries(condition).map(([field, value]) => ({
      kind: 'equals',
      field: field.toLowerCase(),
      value: String(value),
    }));
  }
  throw invalidPolicy(`the condition ${JSON.stringify(condition)} is not understood.`);
}

/** @throws AccessDenied, naming the condition that does not hold or the field that none allows */
export function assertFormAllowed(policy: PostPolicy, fields: ReadonlyMap<string, string>, now: Date): void {
  if (now.getTime() >= policy.expiresAt.getTime()) throw accessDenied('Invalid according to Policy: Policy expired.');
  const named = new Set<string>();
  for (const condition of policy.conditions) {
    if (condition.kind === 'length') continue;
    named.add(condition.field);
    const value = fields.get(condition.field) ?? '';
    const holds = condition.kind === 'equals' ? value === condition.value : value.startsWith(condition.value);
    if (!holds) {
      throw accessDenied(
        `Invalid according to Policy: Policy Condition failed: ["${condition.kind === 'equals' ? 'eq' : 'starts-with'}", "$${condition.field}", "${condition.value}"]`,
      );
    }
  }
  for (const field of fields.keys()) {
    if (named.has(field) || freeFields.has(field) || field.startsWith('x-ignore-')) continue;
    throw accessDenied(`Invalid according to Policy: Extra input fields: ${field}.`);
  }
}

/** How many bytes the file may have. */
export function lengthRangeOf(policy: PostPolicy): { minBytes: number; maxBytes: number } | undefined {
  return policy.conditions.find((condition) => condition.kind === 'length');
}
