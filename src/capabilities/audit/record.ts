/**
 * A call as a CloudTrail record (CloudTrail User Guide, "CloudTrail record contents", event version 1.11).
 */
import type { Caller, RequestRecord } from '#gateway';
import { formatArn } from '#kernel/arn';
import { newUuid } from '#kernel/ids';

export interface AuditRecord {
  readonly eventVersion: string;
  readonly userIdentity: Readonly<Record<string, unknown>>;
  readonly eventTime: string;
  readonly eventSource: string;
  readonly eventName: string;
  readonly awsRegion: string;
  readonly sourceIPAddress: string;
  readonly userAgent: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestParameters: unknown;
  readonly responseElements: unknown;
  readonly requestID: string;
  readonly eventID: string;
  readonly readOnly: boolean;
  readonly resources?: readonly AuditResource[];
  readonly eventType: 'AwsApiCall';
  readonly managementEvent: boolean;
  readonly recipientAccountId: string;
  readonly eventCategory: 'Management' | 'Data';
}

export interface AuditResource {
  readonly type: string;
  readonly ARN: string;
}

// Limit: CloudTrail leaves parameters above 100 KB out of a record.
const parametersBytesMax = 100 * 1024;

/** Operations on objects and messages and invocations are data events; everything else that we serve is a management event. */
const objectOperation =
  /^(?:(?:Get|Head|Put|Delete|Copy|Restore)Object|DeleteObjects|ListObjects|ListObjectVersions|ListParts|.*MultipartUpload|UploadPart|SelectObjectContent|PostObject)/;
const messageOperation = /^(?:(?:Send|Receive|Delete)Message|ChangeMessageVisibility)/;

export function isDataEvent(service: string, operation: string): boolean {
  if (service === 's3') return objectOperation.test(operation);
  if (service === 'sqs') return messageOperation.test(operation);
  if (service === 'lambda') return operation.startsWith('Invoke');
  return service === 'sns' && operation.startsWith('Publish');
}

export function recordOf({
  context,
  time,
  input,
  output,
  errorCode,
  errorMessage,
  readOnly,
}: RequestRecord): AuditRecord {
  const isData = isDataEvent(context.service, context.operation);
  const resources = resourcesOf(context.service, input);
  return {
    eventVersion: '1.11',
    userIdentity: identityOf(context.caller),
    eventTime: `${time.toISOString().slice(0, 19)}Z`,
    eventSource: `${context.service}.amazonaws.com`,
    eventName: context.operation,
    awsRegion: context.region,
    sourceIPAddress: context.sourceIp,
    userAgent: context.userAgent,
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    requestParameters: parametersOf(input),
    responseElements: readOnly || errorCode !== undefined ? null : parametersOf(output),
    requestID: context.requestId,
    eventID: newUuid(),
    readOnly,
    ...(resources.length === 0 ? {} : { resources }),
    eventType: 'AwsApiCall',
    managementEvent: !isData,
    recipientAccountId: context.accountId,
    eventCategory: isData ? 'Data' : 'Management',
  };
}

/** The name under which `LookupEvents` finds a caller. */
export function userNameOf(caller: Caller): string {
  if (caller.kind === 'root') return 'root';
  return caller.userName ?? caller.arn.split('/').at(-1) ?? caller.principalId;
}

function identityOf(caller: Caller): Record<string, unknown> {
  const common = {
    principalId: caller.principalId,
    arn: caller.arn,
    accountId: caller.accountId,
    accessKeyId: caller.accessKeyId,
  };
  switch (caller.kind) {
    case 'root':
      return { type: 'Root', ...common };
    case 'user':
      return { type: 'IAMUser', ...common, userName: caller.userName };
    case 'assumed-role': {
      const roleName = /assumed-role\/([^/]+)\//.exec(caller.arn)?.[1] ?? '';
      const issuer = {
        type: 'Role',
        principalId: caller.principalId.split(':')[0],
        arn: formatArn({ service: 'iam', region: '', accountId: caller.accountId, resource: `role/${roleName}` }),
        accountId: caller.accountId,
        userName: roleName,
      };
      return {
        type: 'AssumedRole',
        ...common,
        sessionContext: { sessionIssuer: issuer, attributes: { mfaAuthenticated: 'false' } },
      };
    }
    case 'service':
      return { type: 'AWSService', invokedBy: caller.principalId };
    case 'anonymous':
      return { type: 'AWSAccount', principalId: '', accountId: 'anonymous' };
  }
}

/** CloudTrail begins member names in lower case and leaves out what is too large. */
function parametersOf(value: unknown): unknown {
  const plain = lowerFirst(value);
  if (plain === undefined || plain === null || (typeof plain === 'object' && Object.keys(plain).length === 0))
    return null;
  return Buffer.byteLength(JSON.stringify(plain)) > parametersBytesMax
    ? { omitted: true, reason: 'requestParameters too large' }
    : plain;
}

function lowerFirst(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerFirst);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return undefined;
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== '$metadata')
      .map(([name, member]) => [`${name.charAt(0).toLowerCase()}${name.slice(1)}`, lowerFirst(member)]),
  );
}

/** The members of a request that name a resource, by service. */
const resourceMembers: Readonly<
  Record<string, readonly { member: string; type: string; arn: (name: string) => string }[]>
> = {
  s3: [{ member: 'Bucket', type: 'AWS::S3::Bucket', arn: (name) => `arn:aws:s3:::${name}` }],
  iam: [
    { member: 'RoleName', type: 'AWS::IAM::Role', arn: (name) => name },
    { member: 'UserName', type: 'AWS::IAM::User', arn: (name) => name },
    { member: 'PolicyArn', type: 'AWS::IAM::Policy', arn: (name) => name },
  ],
  sts: [{ member: 'RoleArn', type: 'AWS::IAM::Role', arn: (name) => name }],
  cloudformation: [{ member: 'StackName', type: 'AWS::CloudFormation::Stack', arn: (name) => name }],
};

function resourcesOf(service: string, input: unknown): AuditResource[] {
  if (typeof input !== 'object' || input === null) return [];
  return (resourceMembers[service] ?? []).flatMap(({ member, type, arn }) => {
    const name = (input as Record<string, unknown>)[member];
    return typeof name === 'string' ? [{ type, ARN: arn(name) }] : [];
  });
}
