/**
 * Stack policies: which resources an update may touch. Without a statement that allows it, an update of a stack that
 * has a policy is denied. CloudFormation user guide, "Prevent updates to stack resources".
 */
import { matchesWildcard } from '#kernel/wildcard';
import type { ResourceChange } from '#languages/template/index';
import { invalid } from './errors.ts';

type Action = 'Update:Modify' | 'Update:Replace' | 'Update:Delete';

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly excludesActions: boolean;
  readonly resources: readonly string[];
  readonly excludesResources: boolean;
  /** Patterns of resource types; absent: all. */
  readonly types?: readonly string[];
}

/** @throws ValidationError when the text is no stack policy */
export function parsePolicy(text: string): readonly Statement[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalid('Error validating stack policy: it is not JSON.');
  }
  const statements = (document as { Statement?: unknown } | null)?.Statement;
  const list = Array.isArray(statements) ? statements : statements === undefined ? [] : [statements];
  if (list.length === 0) throw invalid('Error validating stack policy: it has no Statement.');
  return list.map((statement, index) => parseStatement(statement as Record<string, unknown>, index));
}

function parseStatement(statement: Record<string, unknown>, index: number): Statement {
  const fail = (why: string): Error => invalid(`Error validating stack policy: statement #${index + 1} ${why}.`);
  const { Effect: effect, Condition: condition } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') throw fail('needs the Effect Allow or Deny');
  const list = (name: string): string[] | undefined => {
    const value = statement[name];
    const items: unknown[] | undefined = value === undefined ? undefined : Array.isArray(value) ? value : [value];
    if (items !== undefined && !items.every((item) => typeof item === 'string')) throw fail(`has a bad ${name}`);
    return items;
  };
  const actions = list('Action') ?? list('NotAction');
  const resources = list('Resource') ?? list('NotResource') ?? (condition === undefined ? undefined : ['*']);
  if (actions === undefined) throw fail('needs an Action');
  if (resources === undefined) throw fail('needs a Resource');
  const types = condition === undefined ? undefined : typesOf(condition);
  if (condition !== undefined && types === undefined) {
    throw fail('has a Condition other than StringEquals or StringLike on ResourceType');
  }
  return {
    effect,
    actions,
    excludesActions: statement['Action'] === undefined,
    resources,
    excludesResources: statement['Resource'] === undefined && statement['NotResource'] !== undefined,
    ...(types !== undefined && { types }),
  };
}

function typesOf(condition: unknown): string[] | undefined {
  const [operator, ...more] = Object.entries(condition as Record<string, Record<string, unknown>>);
  if (operator === undefined || more.length > 0 || !['StringEquals', 'StringLike'].includes(operator[0]))
    return undefined;
  const value = operator[1]['ResourceType'];
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.every((item) => typeof item === 'string') ? list : undefined;
}

/** @throws ValidationError naming the first change that is denied */
export function checkPolicy(statements: readonly Statement[], changes: readonly ResourceChange[]): void {
  for (const change of changes) {
    const action = actionOf(change);
    if (action === undefined) continue;
    const matching = statements.map((statement) => (matches(statement, action, change) ? statement.effect : undefined));
    const denied = matching.indexOf('Deny');
    if (denied < 0 && matching.includes('Allow')) continue;
    const which = denied < 0 ? 'no statement allows' : `Statement [#${denied + 1}] does not allow`;
    throw invalid(
      `Action denied by stack policy: ${which} [${action}] for resource [LogicalResourceId/${change.logicalId}]`,
    );
  }
}

function actionOf(change: ResourceChange): Action | undefined {
  if (change.action === 'Add') return undefined;
  if (change.action === 'Remove') return 'Update:Delete';
  return change.replacement === 'True' ? 'Update:Replace' : 'Update:Modify';
}

function matches(statement: Statement, action: Action, change: ResourceChange): boolean {
  const hasAction = statement.actions.some((pattern) => matchesWildcard(pattern, action));
  const target = `LogicalResourceId/${change.logicalId}`;
  const hasResource = statement.resources.some((pattern) => matchesWildcard(pattern, target));
  const hasType = statement.types?.some((pattern) => matchesWildcard(pattern, change.type)) ?? true;
  return hasAction !== statement.excludesActions && hasResource !== statement.excludesResources && hasType;
}
