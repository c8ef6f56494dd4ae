/** Which acknowledgements a template asks of its caller (`CAPABILITY_IAM` and its kin). */
import type { BoundTemplate } from '#languages/template/index';
import { insufficientCapabilities } from '../errors.ts';

const identityTypes = new Set(
  ['AccessKey', 'Group', 'InstanceProfile', 'ManagedPolicy', 'Policy', 'Role', 'User'].map(
    (name) => `AWS::IAM::${name}`,
  ),
)
  // Seen only where a template is looked at as it was written: their expansion may make roles.
  .add('AWS::Serverless::Function')
  .add('AWS::Serverless::StateMachine');
const nameProperties = ['GroupName', 'InstanceProfileName', 'ManagedPolicyName', 'RoleName', 'UserName'];

export type NeededCapability = 'CAPABILITY_IAM' | 'CAPABILITY_NAMED_IAM' | 'CAPABILITY_AUTO_EXPAND';

export interface CapabilityNeed {
  readonly capabilities: readonly NeededCapability[];
  readonly reason?: string;
}

export function neededCapabilities(bound: BoundTemplate): CapabilityNeed {
  const identities = [...bound.template.resources.values()].filter(({ type }) => identityTypes.has(type));
  const named = identities.some(({ properties }) => nameProperties.some((name) => Object.hasOwn(properties, name)));
  const capabilities: NeededCapability[] = [];
  if (identities.length > 0) capabilities.push(named ? 'CAPABILITY_NAMED_IAM' : 'CAPABILITY_IAM');
  if (bound.template.transforms.length > 0) capabilities.push('CAPABILITY_AUTO_EXPAND');
  if (identities.length === 0) return { capabilities };
  const types = [...new Set(identities.map(({ type }) => type))].join(', ');
  return { capabilities, reason: `The following resource(s) require capabilities: [${types}]` };
}

/**
 * @param viaChangeSet the expansion can be reviewed there, so it needs no acknowledgement
 * @throws InsufficientCapabilitiesException
 */
export function checkCapabilities(bound: BoundTemplate, given: readonly string[], viaChangeSet: boolean): void {
  const missing = neededCapabilities(bound).capabilities.filter((needed) => {
    if (needed === 'CAPABILITY_AUTO_EXPAND') return !viaChangeSet && !given.includes(needed);
    return !given.includes(needed) && !given.includes('CAPABILITY_NAMED_IAM');
  });
  if (missing.length > 0) throw insufficientCapabilities(missing);
}
