/** Statements of a queue's policy as AddPermission and RemovePermission write them. */
import { formatArn } from '#kernel/arn';
import { badParameter, missing } from './errors.ts';

type Attributes = Readonly<Record<string, string>>;

export interface Permission {
  readonly label: string;
  readonly accountIds: readonly string[];
  /** `SendMessage`, or `*` for all. */
  readonly actions: readonly string[];
}

interface Policy {
  readonly Version: string;
  readonly Id?: string;
  readonly Statement: readonly { readonly Sid?: string }[];
}

const actionPattern =
  /^(?:\*|SendMessage|ReceiveMessage|DeleteMessage|ChangeMessageVisibility|GetQueueAttributes|GetQueueUrl|PurgeQueue|ListDeadLetterSourceQueues)$/;

/** @throws InvalidParameterValue when the label is taken, or an account or action is none */
export function addPermission(attributes: Attributes, arn: string, permission: Permission): Attributes {
  const { label, accountIds, actions } = permission;
  if (!/^[\w-]{1,80}$/.test(label)) throw badParameter(`Value ${label} for parameter Label is invalid.`);
  if (accountIds.length === 0 || actions.length === 0)
    throw missing('The request must contain the parameters AWSAccountIds and Actions.');
  const stranger = accountIds.find((id) => !/^\d{12}$/.test(id));
  if (stranger !== undefined)
    throw badParameter(`Value ${stranger} for parameter PrincipalId is invalid. Reason: Unable to verify.`);
  const unknown = actions.find((action) => !actionPattern.test(action));
  if (unknown !== undefined)
    throw badParameter(
      `Value SQS:${unknown} for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions.`,
    );
  const policy = policyOf(attributes, arn);
  if (policy.Statement.some(({ Sid }) => Sid === label))
    throw badParameter(`Value ${label} for parameter Label is invalid. Reason: Already exists.`);
  const principals = accountIds.map((id) => formatArn({ service: 'iam', region: '', accountId: id, resource: 'root' }));
  const statement = {
    Sid: label,
    Effect: 'Allow',
    Principal: { AWS: oneOrAll(principals) },
    Action: oneOrAll(actions.map((action) => `SQS:${action}`)),
    Resource: arn,
  };
  return { ...attributes, Policy: JSON.stringify({ ...policy, Statement: [...policy.Statement, statement] }) };
}

/** @throws InvalidParameterValue when there is none of this label */
export function removePermission(attributes: Attributes, label: string): Attributes {
  const policy = policyOf(attributes, '');
  const left = policy.Statement.filter(({ Sid }) => Sid !== label);
  if (left.length === policy.Statement.length)
    throw badParameter(`Value ${label} for parameter Label is invalid. Reason: can't find label.`);
  const { Policy: _before, ...others } = attributes;
  return left.length === 0 ? others : { ...others, Policy: JSON.stringify({ ...policy, Statement: left }) };
}

function policyOf(attributes: Attributes, arn: string): Policy {
  const text = attributes['Policy'];
  if (text === undefined) return { Version: '2012-10-17', Id: `${arn}/SQSDefaultPolicy`, Statement: [] };
  const policy = JSON.parse(text) as Omit<Policy, 'Statement'> & { Statement?: Policy['Statement'] | object };
  const { Statement = [] } = policy;
  return { ...policy, Statement: Array.isArray(Statement) ? (Statement as Policy['Statement']) : [Statement] };
}

function oneOrAll(values: readonly string[]): string | readonly string[] {
  return values.length === 1 ? values[0]! : values;
}
