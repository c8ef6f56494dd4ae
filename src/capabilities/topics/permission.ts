/** Statements of a topic's policy as AddPermission and RemovePermission write them. */
import { formatArn } from '#kernel/arn';
import { badParameter } from './errors.ts';

export interface Permission {
  readonly label: string;
  readonly accountIds: readonly string[];
  /** `Publish`, `Subscribe` … */
  readonly actions: readonly string[];
}

interface Policy {
  readonly Statement: readonly { readonly Sid?: string }[];
}

const actionPattern =
  /^(?:\*|AddPermission|DeleteTopic|GetTopicAttributes|ListSubscriptionsByTopic|Publish|RemovePermission|SetTopicAttributes|Subscribe)$/;

/** @throws InvalidParameter when the label is taken, or an account or action is none */
export function addPermission(text: string, arn: string, { label, accountIds, actions }: Permission): string {
  const policy = JSON.parse(text) as Policy;
  if (label === '' || policy.Statement.some(({ Sid }) => Sid === label)) throw badParameter('Statement already exists');
  if (accountIds.length === 0 || accountIds.some((id) => !/^\d{12}$/.test(id))) throw badParameter('AWSAccountId');
  if (actions.length === 0 || actions.some((action) => !actionPattern.test(action)))
    throw badParameter('Policy statement action out of service scope!');
  const principals = accountIds.map((id) => formatArn({ service: 'iam', region: '', accountId: id, resource: 'root' }));
  const statement = {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: principals.length === 1 ? principals[0] : principals },
    Action: actions.map((action) => `SNS:${action}`),
    Resource: arn,
  };
  return JSON.stringify({ ...policy, Statement: [...policy.Statement, statement] });
}

/** Succeeds when there is none of this label. */
export function removePermission(text: string, label: string): string {
  const policy = JSON.parse(text) as Policy;
  return JSON.stringify({ ...policy, Statement: policy.Statement.filter(({ Sid }) => Sid !== label) });
}
