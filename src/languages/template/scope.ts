/** What names in a template stand for while its functions are worked out. */
import type { Mapping, Resolved } from './value.ts';

/** The values behind `AWS::Region` and its kin. */
export interface PseudoParameters {
  readonly accountId: string;
  readonly region: string;
  readonly stackId: string;
  readonly stackName: string;
  readonly notificationArns: readonly string[];
}

export type ParameterValue = string | readonly string[];

export interface ResourceView {
  /** What `Ref` gives. */
  readonly ref: Resolved;
  /** What `Fn::GetAtt` gives; undefined when the resource has no such attribute. */
  attribute(name: string): Resolved | undefined;
}

export interface Scope {
  readonly parameters: ReadonlyMap<string, ParameterValue>;
  readonly pseudo: PseudoParameters;
  readonly mappings: Mapping;
  /** Whether the transform `AWS::LanguageExtensions` is declared. */
  readonly languageExtensions: boolean;
  /** @throws ValidationError when there is no such condition, or when it depends on itself */
  condition(name: string): boolean;
  /** Undefined when the template has no such resource, or when its condition is false. */
  resource(logicalId: string): ResourceView | undefined;
  /** Undefined when no stack of the account and region exports this name. */
  exportValue(name: string): Resolved | undefined;
}

export function pseudoParameter(name: string, pseudo: PseudoParameters): ParameterValue | undefined {
  const isChina = pseudo.region.startsWith('cn-');
  switch (name) {
    case 'AWS::AccountId':
      return pseudo.accountId;
    case 'AWS::Region':
      return pseudo.region;
    case 'AWS::StackId':
      return pseudo.stackId;
    case 'AWS::StackName':
      return pseudo.stackName;
    case 'AWS::NotificationARNs':
      return pseudo.notificationArns;
    case 'AWS::Partition':
      return isChina ? 'aws-cn' : pseudo.region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
    case 'AWS::URLSuffix':
      return isChina ? 'amazonaws.com.cn' : 'amazonaws.com';
    default:
      return undefined;
  }
}
