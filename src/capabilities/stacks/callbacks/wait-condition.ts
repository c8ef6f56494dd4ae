/**
 * `AWS::CloudFormation::WaitConditionHandle`, an address to signal to, and `AWS::CloudFormation::WaitCondition`, which
 * holds the stack until enough signals have come to a handle or, under a CreationPolicy, by SignalResource.
 */
import type { Properties, ResourceContext, ResourceType } from '#capability';
import { CallbackFailure, patienceOf } from './callback-failure.ts';
import type { CallbackSignal } from './mailbox.ts';
import type { Mailboxes } from './mailboxes.ts';

/** Twelve hours, as AWS. */
const timeoutSecondsMax = 43_200;

export interface SignalPolicy {
  readonly count: number;
  readonly timeoutSeconds: number;
}

export function waitConditionHandle(mailboxes: Mailboxes): ResourceType {
  return {
    type: 'AWS::CloudFormation::WaitConditionHandle',
    async create(_properties, { stackId, token }) {
      const mailbox = await mailboxes.open(`handle/${token}`, { stackId, kind: 'signals', isLasting: true });
      return { physicalId: mailboxes.urlOf(mailbox) };
    },
    update: (physicalId) => Promise.resolve({ physicalId }),
    async delete(physicalId) {
      const mailbox = mailboxes.findByUrl(physicalId);
      if (mailbox !== undefined) await mailboxes.close(mailbox.owner);
    },
  };
}

/** @param policyOf the CreationPolicy of a resource under way; undefined when it has none */
export function waitCondition(
  mailboxes: Mailboxes,
  policyOf: (context: ResourceContext) => SignalPolicy | undefined,
): ResourceType {
  return {
    type: 'AWS::CloudFormation::WaitCondition',
    async create(properties, context) {
      const policy = policyOf(context);
      const { stackId, logicalId, token } = context;
      const begun = await mailboxes.open(`wait/${token}`, { stackId, kind: 'signals' });
      if (policy !== undefined) await mailboxes.open(signalOwner(stackId, logicalId), { stackId, kind: 'signals' });
      const { owner, count, timeoutSeconds } = policy
        ? { owner: signalOwner(stackId, logicalId), ...policy }
        : termsOf(mailboxes, properties);
      const isEnough = (signals: readonly CallbackSignal[]): boolean =>
        signals.some(({ status }) => status === 'FAILED') || signals.length >= count;
      const untilMs = begun.openedMs + timeoutSeconds * 1000;
      const signals = await mailboxes.waitFor(owner, isEnough, untilMs, patienceOf(context));
      const problem = policy ? problemOfPolicy(signals, policy) : problemOf(signals, count);
      if (problem !== undefined) throw new CallbackFailure(problem);
      const data = Object.fromEntries(signals.map(({ uniqueId, data: text = '' }) => [uniqueId, text]));
      const physicalId = `${stackId}/${logicalId}`;
      return { physicalId, attributes: { Data: JSON.stringify(data), Id: physicalId } };
    },
    delete: () => Promise.resolve(),
  };
}

/** The mailbox of a resource that is signalled by name. */
export function signalOwner(stackId: string, logicalId: string): string {
  return `signal/${stackId}/${logicalId}`;
}

function termsOf(mailboxes: Mailboxes, properties: Properties): { owner: string } & SignalPolicy {
  const { Handle: handle, Timeout: timeout, Count: count = 1 } = properties;
  if (handle === undefined || timeout === undefined) {
    throw new CallbackFailure(
      'A wait condition needs a Handle and a Timeout, or a CreationPolicy with a ResourceSignal.',
    );
  }
  const mailbox = mailboxes.findByUrl(String(handle));
  if (mailbox === undefined)
    throw new CallbackFailure(`The Handle ${String(handle)} is no WaitConditionHandle of this platform.`);
  const timeoutSeconds = Number(timeout);
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 0 || timeoutSeconds > timeoutSecondsMax) {
    throw new CallbackFailure(
      `The Timeout of a wait condition is 0 to ${timeoutSecondsMax} seconds, not ${String(timeout)}.`,
    );
  }
  return { owner: mailbox.owner, count: Number(count), timeoutSeconds };
}

function problemOf(signals: readonly CallbackSignal[], count: number): string | undefined {
  const failed = signals.find(({ status }) => status === 'FAILED');
  if (failed !== undefined) {
    return `WaitCondition received failed message: '${failed.reason ?? ''}' for uniqueId: ${failed.uniqueId}`;
  }
  if (signals.length >= count) return undefined;
  return `WaitCondition timed out. Received ${signals.length} conditions when expecting ${count}`;
}

function problemOfPolicy(signals: readonly CallbackSignal[], { count }: SignalPolicy): string | undefined {
  const failures = signals.filter(({ status }) => status === 'FAILED').length;
  if (failures > 0) {
    return `Received ${failures} FAILURE signal(s) out of ${count}. Unable to satisfy 100% MinSuccessfulInstancesPercent requirement`;
  }
  if (signals.length >= count) return undefined;
  return `Failed to receive ${count - signals.length} resource signal(s) within the specified duration`;
}
