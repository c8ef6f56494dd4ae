/** Mails to subscribers. */
import { topicArn } from '../topic.ts';
import type { Subscription } from '../subscription.ts';
import type { SnsDocument } from './document.ts';

export interface Mail {
  readonly to: string;
  /** Shown as the sender. */
  readonly fromName?: string | undefined;
  readonly subject: string;
  readonly text: string;
}

/** Implemented by the driver of the mail server. */
export interface Mailer {
  /** @throws unavailable when the server cannot be reached or none is set, invalid when it refuses the mail for good */
  send(mail: Mail, signal: AbortSignal): Promise<void>;
}

export function notificationMail({ endpoint }: Subscription, document: SnsDocument): Mail {
  return {
    to: endpoint,
    subject: document.Subject ?? 'AWS Notification Message',
    text: `${document.Message}

--
To stop receiving notifications from this topic, visit this link:
${document.UnsubscribeURL ?? ''}

This mail was sent by a machine; nobody reads replies to it.
`,
  };
}

export function confirmationMail({ endpoint, topic }: Subscription, document: SnsDocument): Mail {
  return {
    to: endpoint,
    subject: 'AWS Notification - Subscription Confirmation',
    text: `This address was subscribed to the topic:
${topicArn(topic)}

To receive its notifications, confirm the subscription by visiting this link:
${document.SubscribeURL ?? ''}

If you did not ask for this, do nothing: without the confirmation nothing more is sent.
`,
  };
}

export function endMail({ endpoint, topic }: Subscription): Mail {
  return {
    to: endpoint,
    subject: 'AWS Notification - Unsubscribe Confirmation',
    text: `This address receives no more notifications from the topic:
${topicArn(topic)}
`,
  };
}
