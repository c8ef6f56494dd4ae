/** Which access a connector can give between two types of resources, and by what: the table of the Serverless Application Model. */

export type Permission = 'Read' | 'Write';

/** What a statement is about: the resource itself, it and what lies in it, or something that belongs to it. */
export type Scope = 'itself' | 'contents' | 'executions' | 'completion rule';

export interface Grant {
  readonly actions: readonly string[];
  readonly on: Scope;
}

export type Grants = Readonly<Partial<Record<Permission, readonly Grant[]>>>;

export type Access =
  | {
      /** A policy on the role of one side, about the other. */
      readonly means: 'role';
      readonly holder: 'source' | 'destination';
      readonly grants: Grants;
      /** Only these sets of permissions work. Absent: any. */
      readonly combinations?: readonly (readonly Permission[])[];
    }
  | { readonly means: 'function permission' | 'queue policy' | 'topic policy' };

const lambda = 'AWS::Lambda::Function';
const machine = 'AWS::StepFunctions::StateMachine';
const queue = 'AWS::SQS::Queue';
const topic = 'AWS::SNS::Topic';
const bucket = 'AWS::S3::Bucket';
const bus = 'AWS::Events::EventBus';
const rule = 'AWS::Events::Rule';

const invoke: Grants = { Write: [{ actions: ['lambda:InvokeAsync', 'lambda:InvokeFunction'], on: 'itself' }] };
const publish: Grants = { Write: [{ actions: ['sns:Publish'], on: 'itself' }] };
const putEvents: Grants = { Write: [{ actions: ['events:PutEvents'], on: 'itself' }] };
const send: Grants = { Write: [{ actions: ['sqs:SendMessage'], on: 'itself' }] };
const receive: Grant = { actions: ['sqs:ReceiveMessage', 'sqs:GetQueueAttributes'], on: 'itself' };

const objects: Grants = {
  Read: [
    {
      actions: [
        's3:GetObject',
        's3:GetObjectAcl',
        's3:GetObjectLegalHold',
        's3:GetObjectRetention',
        's3:GetObjectTorrent',
        's3:GetObjectVersion',
        's3:GetObjectVersionAcl',
        's3:GetObjectVersionForReplication',
        's3:GetObjectVersionTorrent',
        's3:ListBucket',
        's3:ListBucketMultipartUploads',
        's3:ListBucketVersions',
        's3:ListMultipartUploadParts',
      ],
      on: 'contents',
    },
  ],
  Write: [
    {
      actions: [
        's3:AbortMultipartUpload',
        's3:DeleteObject',
        's3:DeleteObjectVersion',
        's3:PutObject',
        's3:PutObjectLegalHold',
        's3:PutObjectRetention',
        's3:RestoreObject',
      ],
      on: 'contents',
    },
  ],
};

const messages: Grants = {
  Read: [receive],
  Write: [
    {
      actions: ['sqs:DeleteMessage', 'sqs:SendMessage', 'sqs:ChangeMessageVisibility', 'sqs:PurgeQueue'],
      on: 'itself',
    },
  ],
};

const polling: Grants = { Write: [{ actions: ['sqs:DeleteMessage'], on: 'itself' }], Read: [receive] };

const executions: Grants = {
  Write: [
    { actions: ['states:StartExecution', 'states:StartSyncExecution'], on: 'itself' },
    { actions: ['states:StopExecution'], on: 'executions' },
  ],
  Read: [
    { actions: ['states:DescribeStateMachine', 'states:ListExecutions'], on: 'itself' },
    {
      actions: ['states:DescribeExecution', 'states:DescribeStateMachineForExecution', 'states:GetExecutionHistory'],
      on: 'executions',
    },
  ],
};

/** A machine that waits for another is told of its end by a rule of EventBridge. */
const nestedExecutions: Grants = {
  Read: [
    { actions: ['states:DescribeExecution'], on: 'executions' },
    { actions: ['events:DescribeRule'], on: 'completion rule' },
  ],
  Write: [
    { actions: ['states:StartExecution'], on: 'itself' },
    { actions: ['states:StopExecution'], on: 'executions' },
    { actions: ['events:PutTargets', 'events:PutRule'], on: 'completion rule' },
  ],
};

const start: Grants = { Write: [{ actions: ['states:StartExecution'], on: 'itself' }] };

/** By the types of source and destination; of the types that are served here. */
const accesses: Readonly<Record<string, Readonly<Record<string, Access>>>> = {
  [lambda]: {
    [lambda]: byRole(invoke),
    [machine]: byRole(executions),
    [queue]: byRole(messages),
    [topic]: byRole(publish),
    [bucket]: byRole(objects),
    [bus]: byRole(putEvents),
  },
  [machine]: {
    [lambda]: byRole(invoke),
    [machine]: { ...byRole(nestedExecutions), combinations: [['Read'], ['Read', 'Write']] },
    [queue]: byRole(send),
    [topic]: byRole(publish),
    [bucket]: byRole(objects),
    [bus]: byRole(putEvents),
  },
  [queue]: { [lambda]: { means: 'role', holder: 'destination', grants: polling, combinations: [['Read', 'Write']] } },
  [topic]: { [lambda]: { means: 'function permission' }, [queue]: { means: 'queue policy' } },
  [bucket]: { [lambda]: { means: 'function permission' } },
  [rule]: {
    [lambda]: { means: 'function permission' },
    [queue]: { means: 'queue policy' },
    [topic]: { means: 'topic policy' },
    [machine]: byRole(start),
    [bus]: byRole(putEvents),
  },
};

function byRole(grants: Grants) {
  return { means: 'role', holder: 'source', grants } as const;
}

/** @param source type of plain CloudFormation, as `destination` */
export function findAccess(source: string, destination: string): Access | undefined {
  const known = Object.hasOwn(accesses, source) ? accesses[source] : undefined;
  return known !== undefined && Object.hasOwn(known, destination) ? known[destination] : undefined;
}

/** The sets of permissions that may be asked for. */
export function combinationsOf(access: Access): readonly (readonly Permission[])[] {
  if (access.means !== 'role') return [['Write']];
  if (access.combinations !== undefined) return access.combinations;
  const names = (['Read', 'Write'] as const).filter((name) => access.grants[name] !== undefined);
  return names.length === 1 ? [names] : [...names.map((name) => [name]), names];
}
