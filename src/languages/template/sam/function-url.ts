/** `FunctionUrlConfig`: an address for the function, open to everybody where it says so. */
import { type Value, isMapping } from '../value.ts';
import { serverlessError } from './errors.ts';
import { type Expansion, pick } from './expansion.ts';
import type { ExpandedFunction } from './events/event.ts';

export function addUrl(expansion: Expansion, { resource, name }: ExpandedFunction, config: Value): void {
  const { logicalId } = resource;
  const authType = isMapping(config) ? config['AuthType'] : undefined;
  if (!isMapping(config) || authType === undefined) {
    throw serverlessError(
      logicalId,
      'AuthType is required to configure function property `FunctionUrlConfig`. Please provide either AWS_IAM or NONE.',
    );
  }
  const attributes = expansion.inheritedFrom(resource);
  expansion.add(
    `${logicalId}Url`,
    'AWS::Lambda::Url',
    { TargetFunctionArn: name, ...pick(config, ['AuthType', 'Cors', 'InvokeMode']) },
    attributes,
  );
  if (authType !== 'NONE') return;
  const shared = { FunctionName: name, Principal: '*' };
  expansion.add(
    `${logicalId}UrlPublicPermissions`,
    'AWS::Lambda::Permission',
    { Action: 'lambda:InvokeFunctionUrl', ...shared, FunctionUrlAuthType: 'NONE' },
    attributes,
  );
  expansion.add(
    `${logicalId}URLInvokeAllowPublicAccess`,
    'AWS::Lambda::Permission',
    { Action: 'lambda:InvokeFunction', ...shared, InvokedViaFunctionUrl: true },
    attributes,
  );
}
