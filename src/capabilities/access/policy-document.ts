/**
 * The grammar of IAM policies (IAM User Guide, "Grammar of the IAM JSON policy language"), as far as a document can be
 * wrong before anybody evaluates it.
 */
import { messageOf } from '#kernel/errors';
import { malformedPolicy } from './errors.ts';

type Json = Readonly<Record<string, unknown>>;

const statementKeys = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

// Limit: a managed policy has at most 6,144 characters, a trust policy 2,048 by default; the larger bound holds here.
const documentLengthMax = 10_240;

/**
 * @param kind `identity` needs a Resource and knows no Principal; `trust` is the other way round
 * @throws MalformedPolicyDocument saying what and where
 */
export function checkPolicyDocument(text: string, kind: 'identity' | 'trust'): void {
  if (text.length > documentLengthMax)
    throw malformedPolicy(`The policy has ${text.length} characters; ${documentLengthMax} are allowed.`);
  const document = parseObject(text);
  const version = document['Version'];
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
    throw malformedPolicy(`Syntax error: Version must be 2012-10-17 or 2008-10-17, not ${JSON.stringify(version)}.`);
  }
  const unknown = Object.keys(document).find((key) => !['Version', 'Id', 'Statement'].includes(key));
  if (unknown !== undefined) throw malformedPolicy(`Syntax error: unknown element ${unknown}.`);
  const statements = asList(document['Statement']);
  if (statements.length === 0) throw malformedPolicy('Syntax error: a policy needs a Statement.');
  for (const [index, statement] of statements.entries()) checkStatement(statement, index + 1, kind);
}

/** Principals that a trust policy allows to assume the role, as written (`arn:…`, `*`, `glue.amazonaws.com`). */
export function trustedPrincipals(text: string): { type: string; value: string }[] {
  return asList(parseObject(text)['Statement'])
    .filter((statement): statement is Json => isObject(statement) && statement['Effect'] === 'Allow')
    .flatMap((statement) => principalsOf(statement['Principal']));
}

function principalsOf(principal: unknown): { type: string; value: string }[] {
  if (typeof principal === 'string') return [{ type: 'AWS', value: principal }];
  if (!isObject(principal)) return [];
  return Object.entries(principal).flatMap(([type, values]) =>
    asList(values).map((value) => ({ type, value: String(value) })),
  );
}

function checkStatement(statement: unknown, number: number, kind: 'identity' | 'trust'): void {
  const fail = (why: string) => malformedPolicy(`Syntax error in statement ${number}: ${why}.`);
  if (!isObject(statement)) throw fail('a statement is an object');
  const unknown = Object.keys(statement).find((key) => !statementKeys.has(key));
  if (unknown !== undefined) throw fail(`unknown element ${unknown}`);
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') throw fail('Effect must be Allow or Deny');
  if ((statement['Action'] === undefined) === (statement['NotAction'] === undefined))
    throw fail('exactly one of Action and NotAction is needed');
  for (const action of asList(statement['Action'] ?? statement['NotAction'])) {
    if (typeof action !== 'string' || !/^(\*|[\w-]+:[\w*?]+)$/.test(action))
      throw fail(`'${String(action)}' is not an action (service:Name)`);
  }
  const hasPrincipal = statement['Principal'] !== undefined || statement['NotPrincipal'] !== undefined;
  const hasResource = statement['Resource'] !== undefined || statement['NotResource'] !== undefined;
  if (kind === 'trust' && !hasPrincipal) throw fail('a trust policy needs a Principal');
  if (kind === 'trust' && hasResource) throw fail('a trust policy has no Resource');
  if (kind === 'identity' && hasPrincipal) throw fail('a policy of an identity has no Principal');
  if (kind === 'identity' && !hasResource) throw fail('a Resource is needed');
  if (statement['Condition'] !== undefined && !isObject(statement['Condition']))
    throw fail('Condition must be an object');
}

function parseObject(text: string): Json {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw malformedPolicy(`The policy is not in the valid JSON format: ${messageOf(error)}`);
  }
  if (!isObject(document)) throw malformedPolicy('The policy must be a JSON object.');
  return document;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asList(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
