/** How a function is named: a name, `name:qualifier`, `account:function:name`, or its ARN. */
import { formatArn } from '#kernel/arn';
import { functionAbsent, invalidParameter } from './errors.ts';

export const latest = '$LATEST';

export interface FunctionRef {
  /** `account/region` */
  readonly scope: string;
  readonly name: string;
  /** A version or an alias; undefined where none was named. */
  readonly qualifier: string | undefined;
}

const namePattern = /^[a-zA-Z0-9-_]{1,64}$/;
const qualifierPattern = /^(\$LATEST|[a-zA-Z0-9-_]{1,128})$/;
const refPattern =
  /^(?:arn:[^:]+:lambda:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?([a-zA-Z0-9-_]+)(?::(\$LATEST|[a-zA-Z0-9-_]+))?$/;

/**
 * @param scope of the caller; an ARN may name another account of the same region
 * @param qualifier given beside the name
 * @throws InvalidParameterValueException for what is no name, or when two qualifiers differ
 */
export function parseFunctionRef(text: string, scope: string, qualifier?: string): FunctionRef {
  const [, region, account, name = '', own] = refPattern.exec(text) ?? [];
  if (!namePattern.test(name)) throw badName(text);
  if (qualifier !== undefined && !qualifierPattern.test(qualifier)) throw badName(`${text}:${qualifier}`);
  if (own !== undefined && qualifier !== undefined && own !== qualifier) {
    throw invalidParameter('The derived qualifier from the function name does not match the specified qualifier.');
  }
  const [callerAccount = '', callerRegion = ''] = scope.split('/');
  if (region !== undefined && region !== callerRegion) {
    throw functionAbsent(`Functions from '${region}' are not reachable in this region ('${callerRegion}')`);
  }
  return { scope: `${account ?? callerAccount}/${callerRegion}`, name, qualifier: own ?? qualifier };
}

/** A reference to a function that can be changed. @throws InvalidParameterValueException for a published version or an alias */
export function parseChangeableRef(text: string, scope: string): FunctionRef {
  const ref = parseFunctionRef(text, scope);
  if (ref.qualifier === undefined || ref.qualifier === latest) return ref;
  throw invalidParameter(`Only $LATEST can be changed; leave ':${ref.qualifier}' off the name of the function.`);
}

export function functionArn(scope: string, name: string, qualifier?: string): string {
  const suffix = qualifier === undefined ? '' : `:${qualifier}`;
  return lambdaArn(scope, `function:${name}${suffix}`);
}

export function lambdaArn(scope: string, resource: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'lambda', region, accountId, resource });
}

/** The ARN as Lambda writes it in answers: `$LATEST` is left out. */
export function qualifiedArn(scope: string, name: string, version: string): string {
  return functionArn(scope, name, version === latest ? undefined : version);
}

function badName(text: string): Error {
  return invalidParameter(
    `'${text.slice(0, 200)}' is not the name or ARN of a function: a name has 1 to 64 letters, digits, '-' and '_'.`,
  );
}
