/** A document by HTTP POST: "Sending Amazon SNS messages to HTTP or HTTPS endpoints" of the developer guide. */
import { messageOf } from '#kernel/errors';
import { notDelivered, undeliverable } from '../errors.ts';
import { subscriptionArn, type Subscription } from '../subscription.ts';
import type { SnsDocument } from './document.ts';

// Limit: an endpoint has 15 seconds to answer.
const timeoutMs = 15_000;

export interface Post {
  readonly url: string;
  readonly document: SnsDocument;
  readonly body: string;
  readonly contentType: string;
  readonly raw: boolean;
  readonly subscription: Subscription;
  readonly signal: AbortSignal;
}

/** @throws invalid when the endpoint refuses it (4xx), unavailable when it may take it later */
export async function postDocument({
  url,
  document,
  body,
  contentType,
  raw,
  subscription,
  signal,
}: Post): Promise<void> {
  const target = new URL(url);
  const headers: Record<string, string> = {
    'content-type': contentType,
    'user-agent': 'Amazon Simple Notification Service Agent',
    'x-amz-sns-message-type': document.Type,
    'x-amz-sns-message-id': document.MessageId,
    'x-amz-sns-topic-arn': document.TopicArn,
    ...(document.Type === 'SubscriptionConfirmation'
      ? {}
      : { 'x-amz-sns-subscription-arn': subscriptionArn(subscription) }),
    ...(raw && { 'x-amz-sns-rawdelivery': 'true' }),
    ...(target.username !== '' && { authorization: `Basic ${credentialsOf(target)}` }),
  };
  target.username = '';
  target.password = '';
  let status: number;
  try {
    const answer = await fetch(target, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    status = answer.status;
    await answer.body?.cancel();
  } catch (error) {
    throw notDelivered(`${target.host} could not be reached: ${causeOf(error)}`, error);
  }
  if (status >= 200 && status < 300) return;
  if (status >= 400 && status < 500 && status !== 429) throw undeliverable(`${target.host} answered ${status}.`);
  throw notDelivered(`${target.host} answered ${status}.`);
}

function credentialsOf({ username, password }: URL): string {
  return Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
}

/** What lies behind the "fetch failed" of the platform. */
function causeOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}
