/**
 * What people and endpoints follow without a signature: the links that confirm and end subscriptions, by tokens and
 * ARNs that cannot be guessed, and the certificate of the signatures.
 */
import type { HttpRequest, HttpResponse, Route } from '#gateway';
import { isPlatformError, PlatformError } from '#kernel/errors';
import { newUuid } from '#kernel/ids';
import type { Signer } from '../signing/signer.ts';
import { idOfSubscriptionArn, subscriptionArn } from '../subscription.ts';
import type { Subscriptions } from '../subscriptions.ts';
import { addressOfTopicArn } from '../topic.ts';

const certificatePath = /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/;

export function linkRoutes(subscriptions: Subscriptions, signer: Signer): Route[] {
  return [
    {
      matches: ({ method, rawPath }) => method === 'GET' && certificatePath.test(rawPath),
      async handle({ rawPath }) {
        const certificate = await signer.findCertificate(rawPath);
        if (certificate === undefined) return { status: 404, body: 'There is no such certificate.\n' };
        return { status: 200, headers: { 'content-type': 'application/x-pem-file' }, body: certificate };
      },
    },
    { matches: isLink, handle: (request) => follow(subscriptions, request) },
  ];
}

function isLink({ method, rawPath, rawQuery, headers }: HttpRequest): boolean {
  if ((method !== 'GET' && method !== 'POST') || rawPath !== '/' || headers['authorization'] !== undefined)
    return false;
  return (
    /(?:^|&)Action=(?:ConfirmSubscription|Unsubscribe)(?:&|$)/.test(rawQuery) && !rawQuery.includes('X-Amz-Signature=')
  );
}

async function follow(subscriptions: Subscriptions, { rawQuery, headers }: HttpRequest): Promise<HttpResponse> {
  const query = new URLSearchParams(rawQuery);
  const wantsPage = headers['accept']?.includes('text/html') === true;
  try {
    if (query.get('Action') === 'Unsubscribe') {
      await endByLink(subscriptions, query.get('SubscriptionArn') ?? '');
      return wantsPage ? page(200, 'You will get no more notifications.') : answer('Unsubscribe', '');
    }
    const address = addressOfTopicArn(query.get('TopicArn') ?? '');
    const endsSigned = query.get('AuthenticateOnUnsubscribe') === 'true';
    const subscription = await subscriptions.confirm(address, query.get('Token') ?? '', endsSigned);
    const arn = subscriptionArn(subscription);
    if (wantsPage) return page(200, `Subscription confirmed: ${arn}`);
    return answer('ConfirmSubscription', `<SubscriptionArn>${escape(arn)}</SubscriptionArn>`);
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return wantsPage ? page(400, error.message) : refusal(error);
  }
}

/** @throws denied when the subscription may only be ended by its owner */
async function endByLink(subscriptions: Subscriptions, arn: string): Promise<void> {
  const id = idOfSubscriptionArn(arn);
  if (subscriptions.get(id).endsSigned)
    throw new PlatformError('denied', 'AuthorizationError', 'This subscription can only be ended by a signed request.');
  await subscriptions.unsubscribe(id);
}

const namespace = 'http://sns.amazonaws.com/doc/2010-03-31/';

function answer(operation: string, content: string): HttpResponse {
  const body = `<${operation}Response xmlns="${namespace}"><${operation}Result>${content}</${operation}Result><ResponseMetadata><RequestId>${newUuid()}</RequestId></ResponseMetadata></${operation}Response>`;
  return { status: 200, headers: { 'content-type': 'text/xml' }, body };
}

function refusal({ code, message, kind }: PlatformError): HttpResponse {
  const status = { absent: 404, denied: 403 }[kind as string] ?? 400;
  const body = `<ErrorResponse xmlns="${namespace}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escape(message)}</Message></Error><RequestId>${newUuid()}</RequestId></ErrorResponse>`;
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

function page(status: number, text: string): HttpResponse {
  const body = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Notifications</title><body style="font-family: sans-serif; margin: 4em"><p>${escape(text)}</p></body></html>`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
