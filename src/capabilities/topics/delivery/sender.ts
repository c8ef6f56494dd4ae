/** Hands one parcel over: to a queue or a function by the dispatcher, to a web server, to a mail server. */
import { serviceCaller } from '#access';
import { findArn } from '#kernel/arn';
import type { Clock } from '#kernel/clock';
import type { Dispatcher } from '#gateway';
import { contentTypeOf } from '../delivery-policy.ts';
import { undeliverable } from '../errors.ts';
import { deduplicationIdOf, isBinary, textFor, type MessageAttributes, type Publication } from '../publication.ts';
import type { Signer } from '../signing/signer.ts';
import type { SubscriptionStore } from '../store/subscriptions.ts';
import type { TopicStore } from '../store/topics.ts';
import { isRaw, subscriptionArn, type Subscription } from '../subscription.ts';
import { confirmationOf, notificationOf, type SnsDocument } from './document.ts';
import { postDocument } from './http.ts';
import { confirmationMail, endMail, notificationMail, type Mail, type Mailer } from './mail.ts';

export interface Notification {
  readonly kind: 'notification';
  readonly subscriptionId: string;
  readonly publication: Publication;
}

export interface Confirmation {
  readonly kind: 'confirmation' | 'end';
  readonly id: string;
  readonly subscription: Subscription;
}

export interface DeadLetter {
  readonly kind: 'dead-letter';
  readonly queueArn: string;
  readonly subscription: Subscription;
  readonly publication: Publication;
  readonly why: string;
}

export type Parcel = Notification | Confirmation | DeadLetter;

export interface SenderParts {
  readonly dispatcher: Dispatcher;
  readonly topics: TopicStore;
  readonly subscriptions: SubscriptionStore;
  readonly signer: Signer;
  readonly mailer: Mailer;
  readonly clock: Clock;
  /** Base URL of the links in documents and mails. */
  readonly endpoint: () => string;
}

const serviceName = 'sns.amazonaws.com';
// Limit: a queue's message has at most 10 attributes; a message with more is not delivered raw.
const queueAttributesMax = 10;

export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** @throws what made it fail; one of the kinds invalid, absent, denied and conflict will not go better next time */
  async send(parcel: Parcel, signal: AbortSignal): Promise<void> {
    switch (parcel.kind) {
      case 'notification': {
        const subscription = this.#parts.subscriptions.find(parcel.subscriptionId);
        // Who has unsubscribed in the meantime gets nothing more.
        if (subscription === undefined) return;
        return this.#notify(subscription, parcel.publication, signal);
      }
      case 'confirmation':
      case 'end':
        return this.#confirm(parcel, signal);
      case 'dead-letter':
        return this.#sendDeadLetter(parcel, signal);
    }
  }

  async #notify(subscription: Subscription, publication: Publication, signal: AbortSignal): Promise<void> {
    const document = notificationOf(publication, subscription, this.#parts.endpoint());
    switch (subscription.protocol) {
      case 'sqs': {
        const body = isRaw(subscription)
          ? textFor(publication.draft, 'sqs')
          : JSON.stringify(await this.#signed(document, subscription));
        return this.#sendToQueue(subscription.endpoint, body, subscription, publication, {}, signal);
      }
      case 'lambda':
        return this.#invoke(subscription, document, publication.draft.traceHeader, signal);
      case 'http':
      case 'https': {
        const topic = this.#parts.topics.find(subscription.topic);
        const raw = isRaw(subscription);
        const body = raw ? document.Message : JSON.stringify(await this.#signed(document, subscription), undefined, 2);
        const contentType = contentTypeOf(
          topic?.attributes['DeliveryPolicy'],
          subscription.attributes['DeliveryPolicy'],
        );
        return postDocument({ url: subscription.endpoint, document, body, contentType, raw, subscription, signal });
      }
      case 'email':
        return this.#mail(notificationMail(subscription, document), subscription, signal);
      case 'email-json': {
        const text = JSON.stringify(await this.#signed(document, subscription), undefined, 2);
        return this.#mail({ ...notificationMail(subscription, document), text }, subscription, signal);
      }
    }
  }

  async #confirm({ kind, id, subscription }: Confirmation, signal: AbortSignal): Promise<void> {
    const { clock, endpoint, subscriptions } = this.#parts;
    const type = kind === 'confirmation' ? 'SubscriptionConfirmation' : 'UnsubscribeConfirmation';
    // One that was confirmed or ended in the meantime needs not be asked any more.
    if (kind === 'confirmation' && subscriptions.find(subscription.id)?.token !== subscription.token) return;
    const document = confirmationOf(type, subscription, { id, base: endpoint(), nowMs: clock.nowMs() });
    if (subscription.protocol === 'email') {
      const mail = kind === 'confirmation' ? confirmationMail(subscription, document) : endMail(subscription);
      return this.#mail(mail, subscription, signal);
    }
    const body = JSON.stringify(await this.#signed(document, subscription), undefined, 2);
    if (subscription.protocol === 'email-json')
      return this.#mail({ ...confirmationMail(subscription, document), text: body }, subscription, signal);
    const contentType = contentTypeOf(undefined, subscription.attributes['DeliveryPolicy']);
    return postDocument({
      url: subscription.endpoint,
      document,
      body,
      contentType,
      raw: false,
      subscription,
      signal,
    });
  }

  async #sendDeadLetter({ queueArn, subscription, publication, why }: DeadLetter, signal: AbortSignal): Promise<void> {
    const document = notificationOf(publication, subscription, this.#parts.endpoint());
    const body = isRaw(subscription) ? document.Message : JSON.stringify(await this.#signed(document, subscription));
    const ERROR_MESSAGE = { DataType: 'String', StringValue: why.slice(0, 1000) };
    return this.#sendToQueue(queueArn, body, subscription, publication, { ERROR_MESSAGE }, signal);
  }

  async #sendToQueue(
    arn: string,
    body: string,
    subscription: Subscription,
    { draft, sequenceNumber }: Publication,
    extra: Readonly<Record<string, object>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { accountId = '', region = '', resource = '' } = findArn(arn) ?? {};
    const own = isRaw(subscription) ? queueAttributes(draft.attributes) : {};
    const isFifoQueue = resource.endsWith('.fifo');
    await this.#parts.dispatcher.call(
      'sqs',
      'SendMessage',
      {
        QueueUrl: `https://sqs.${region}.amazonaws.com/${accountId}/${resource}`,
        MessageBody: body,
        MessageAttributes: { ...own, ...(Object.keys(own).length < queueAttributesMax && extra) },
        ...(draft.groupId !== undefined && { MessageGroupId: draft.groupId }),
        ...(isFifoQueue && sequenceNumber !== undefined && { MessageDeduplicationId: deduplicationIdOf(draft) }),
      },
      {
        caller: serviceCaller(serviceName, accountId),
        region,
        invokedBy: serviceName,
        traceHeader: draft.traceHeader,
        signal,
      },
    );
  }

  async #invoke(
    subscription: Subscription,
    document: SnsDocument,
    traceHeader: string | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { accountId = '', region = '' } = findArn(subscription.endpoint) ?? {};
    const dispatcher = this.#parts.dispatcher;
    if (!dispatcher.serves('lambda', 'Invoke')) throw undeliverable('No function can be invoked here.');
    const {
      UnsubscribeURL,
      SigningCertURL,
      Subject = null,
      MessageAttributes = {},
      ...members
    } = await this.#signed(document, subscription);
    const Sns = {
      ...members,
      Subject,
      MessageAttributes,
      SigningCertUrl: SigningCertURL,
      UnsubscribeUrl: UnsubscribeURL,
    };
    const EventSubscriptionArn = subscriptionArn(subscription);
    const record = { EventSource: 'aws:sns', EventVersion: '1.0', EventSubscriptionArn, Sns };
    await dispatcher.call(
      'lambda',
      'Invoke',
      {
        FunctionName: subscription.endpoint,
        InvocationType: 'Event',
        Payload: Buffer.from(JSON.stringify({ Records: [record] })),
      },
      { caller: serviceCaller(serviceName, accountId), region, invokedBy: serviceName, traceHeader, signal },
    );
  }

  /** The topic's display name is the sender. */
  #mail(mail: Mail, { topic }: Subscription, signal: AbortSignal): Promise<void> {
    const fromName = this.#parts.topics.find(topic)?.attributes['DisplayName'];
    return this.#parts.mailer.send({ ...mail, fromName }, signal);
  }

  #signed(document: SnsDocument, { topic }: Subscription) {
    const version = this.#parts.topics.find(topic)?.attributes['SignatureVersion'] === '2' ? '2' : '1';
    return this.#parts.signer.sign(document, version, this.#parts.endpoint());
  }
}

function queueAttributes(attributes: MessageAttributes): Record<string, object> {
  const entries = Object.entries(attributes);
  if (entries.length > queueAttributesMax)
    throw undeliverable(`A queue's message has at most ${queueAttributesMax} attributes, not ${entries.length}.`);
  return Object.fromEntries(
    entries.map(([name, { dataType: DataType, value }]) => [
      name,
      isBinary(DataType) ? { DataType, BinaryValue: Buffer.from(value, 'base64') } : { DataType, StringValue: value },
    ]),
  );
}
