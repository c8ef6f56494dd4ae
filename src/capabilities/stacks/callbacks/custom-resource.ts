/**
 * `AWS::CloudFormation::CustomResource` and every `Custom::…`: a function, or whoever listens to a topic, makes the
 * resource and answers at the address in the request (CloudFormation user guide, "Custom resource request objects").
 *
 * The request of a step is sent once more after a crash unless it is known to have been handed over, with the same
 * RequestId and the same address; the answer is waited for from where it was.
 */
import type { Properties, ResourceAttributes, ResourceContext, ResourceState, ResourceType } from '#capability';
import { isPlatformError, messageOf } from '#kernel/errors';
import { CallbackFailure, patienceOf } from './callback-failure.ts';
import { Interrupted } from '../deploy/site.ts';
import type { CallbackSignal } from './mailbox.ts';
import type { Mailboxes } from './mailboxes.ts';

type RequestType = 'Create' | 'Update' | 'Delete';

interface CustomRequest {
  readonly type: RequestType;
  readonly properties: Properties;
  readonly previous?: Properties;
  readonly physicalId?: string;
}

/** Limit: one hour for an answer (as AWS), or the ServiceTimeout of the resource, in seconds. */
const timeoutSecondsMax = 3600;

export function customResource(type: string, mailboxes: Mailboxes): ResourceType {
  const ask = (request: CustomRequest, context: ResourceContext) => exchange(mailboxes, type, request, context);
  return {
    type,
    create: (properties, context) => ask({ type: 'Create', properties }, context),
    update(physicalId, next, previous, context) {
      const before = previous['ServiceToken'];
      if (before !== undefined && before !== next['ServiceToken']) {
        throw new CallbackFailure('Modifying service token is not allowed.');
      }
      return ask({ type: 'Update', properties: next, previous, physicalId }, context);
    },
    async delete(physicalId, properties, context) {
      await ask({ type: 'Delete', properties, physicalId }, context);
    },
    // Nothing can be read back; what a creation that failed has told its id of is there to be deleted.
    read: (_physicalId, properties) => Promise.resolve(properties),
  };
}

async function exchange(
  mailboxes: Mailboxes,
  type: string,
  request: CustomRequest,
  context: ResourceContext,
): Promise<ResourceState> {
  const owner = `${request.type}/${context.token}`;
  const mailbox = await mailboxes.open(owner, { stackId: context.stackId, kind: 'response' });
  if (!mailbox.isSent) {
    const document = requestDocument(type, request, context, mailboxes.urlOf(mailbox));
    await send(String(request.properties['ServiceToken']), document, context);
    await mailboxes.markSent(owner);
  }
  const untilMs = mailbox.openedMs + timeoutSeconds(request.properties) * 1000;
  let answer: CallbackSignal | undefined;
  try {
    const isEnough = (signals: readonly CallbackSignal[]): boolean => signals.length > 0;
    [answer] = await mailboxes.waitFor(owner, isEnough, untilMs, patienceOf(context));
    if (answer?.status === 'SUCCESS') return stateOf(answer);
    throw new CallbackFailure(answer === undefined ? timedOut(context) : refused(answer, context));
  } catch (error) {
    // The provider may have made something: the rollback asks it to delete what it says, or what it was told to make.
    const isOver = !(error instanceof Interrupted);
    if (isOver && request.type === 'Create') await context.initiated?.(answer?.physicalId ?? generatedId(context));
    throw error;
  }
}

function requestDocument(type: string, request: CustomRequest, context: ResourceContext, responseUrl: string): object {
  return {
    RequestType: request.type,
    ServiceToken: request.properties['ServiceToken'] as unknown,
    ResponseURL: responseUrl,
    StackId: context.stackId,
    RequestId: context.token,
    LogicalResourceId: context.logicalId,
    ...(request.physicalId !== undefined && { PhysicalResourceId: request.physicalId }),
    ResourceType: type,
    ResourceProperties: asTexts(request.properties),
    ...(request.previous !== undefined && { OldResourceProperties: asTexts(request.previous) }),
  };
}

/** Numbers and booleans reach the provider as text, as they do on AWS. */
function asTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asTexts);
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, asTexts(member)]));
}

async function send(serviceToken: string, document: object, context: ResourceContext): Promise<void> {
  const text = JSON.stringify(document);
  try {
    if (/^arn:[^:]+:lambda:[^:]+:\d+:function:/.test(serviceToken)) {
      const input = { FunctionName: serviceToken, InvocationType: 'Event', Payload: Buffer.from(text) };
      await context.call('lambda', 'Invoke', input);
    } else if (/^arn:[^:]+:sns:/.test(serviceToken)) {
      const Message = JSON.stringify({ ...document, TopicArn: serviceToken });
      const Subject = 'AWS CloudFormation custom resource request';
      await context.call('sns', 'Publish', { TopicArn: serviceToken, Subject, Message });
    } else {
      throw new CallbackFailure(
        `Invalid service token: '${serviceToken}' is the ARN of neither a function nor a topic.`,
      );
    }
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    throw new CallbackFailure(`The service token ${serviceToken} could not be called: ${messageOf(error)}`, error);
  }
}

function stateOf(answer: CallbackSignal): ResourceState {
  const data = typeof answer.data === 'object' && answer.data !== null ? Object.entries(answer.data) : [];
  const attributes: ResourceAttributes = Object.fromEntries(
    data.filter(([, value]) => value !== null).map(([name, value]) => [name, attributeOf(value)]),
  );
  return {
    physicalId: answer.physicalId ?? '',
    attributes,
    ...(answer.noEcho === true && { noEcho: true }),
  };
}

function attributeOf(value: unknown): string | number | boolean | readonly string[] {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object')) return value.map(String);
  return JSON.stringify(value);
}

function timeoutSeconds(properties: Properties): number {
  const given = Number(properties['ServiceTimeout'] ?? timeoutSecondsMax);
  if (Number.isInteger(given) && given >= 1 && given <= timeoutSecondsMax) return given;
  throw new CallbackFailure(
    `ServiceTimeout must be 1 to ${timeoutSecondsMax} seconds, not ${String(properties['ServiceTimeout'])}.`,
  );
}

function generatedId(context: ResourceContext): string {
  return context.generatedName({ maxLength: 255 });
}

function timedOut({ token }: ResourceContext): string {
  return `CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId [${token}]. If you are using the Python cfn-response module, you may need to update your Lambda function code so that CloudFormation can attach the updated version.`;
}

function refused({ reason }: CallbackSignal, { token }: ResourceContext): string {
  return `Received response status [FAILED] from custom resource. Message returned: ${reason ?? 'none'} (RequestId: ${token})`;
}
