/** Who signed a form: HMAC by the key of SigV4 over the policy as it stands in the form. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Authorizer, Credential } from '#gateway';
import { PlatformError } from '#kernel/errors';
import { accessDenied } from '../errors.ts';

type Finder = Authorizer['findCredential'];

/** @throws AccessDenied, InvalidAccessKeyId, SignatureDoesNotMatch, ExpiredToken, InvalidToken */
export function verifyForm(
  fields: ReadonlyMap<string, string>,
  findCredential: Finder | undefined,
  now: Date,
): Credential {
  const policy = fields.get('policy');
  const parts = (fields.get('x-amz-credential') ?? '').split('/');
  if (policy === undefined || parts.length !== 5)
    throw accessDenied('A form upload needs a signed policy (Signature Version 4).');
  if (fields.get('x-amz-algorithm') !== 'AWS4-HMAC-SHA256') {
    throw new PlatformError('invalid', 'InvalidRequest', 'The algorithm of a form must be AWS4-HMAC-SHA256.');
  }
  const [accessKeyId = '', date = '', region = '', service = '', end = ''] = parts;
  const credential = findCredential?.(accessKeyId);
  if (credential === undefined) {
    throw new PlatformError(
      'denied',
      'InvalidAccessKeyId',
      `The access key '${accessKeyId}' does not exist in our records.`,
    );
  }
  if (credential.expiresAt !== undefined && credential.expiresAt <= now) {
    throw new PlatformError('denied', 'ExpiredToken', 'The provided token has expired.');
  }
  const { secretAccessKey, sessionToken } = credential;
  // An open platform accepts any signature.
  if (secretAccessKey === undefined) return credential;
  if (sessionToken !== undefined && sessionToken !== fields.get('x-amz-security-token')) {
    throw new PlatformError('denied', 'InvalidToken', 'The provided token is malformed or otherwise invalid.');
  }
  const key = [date, region, service, end].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  const expected = createHmac('sha256', key).update(policy).digest();
  const sent = Buffer.from(fields.get('x-amz-signature') ?? '', 'hex');
  if (
    service !== 's3' ||
    end !== 'aws4_request' ||
    sent.length !== expected.length ||
    !timingSafeEqual(sent, expected)
  ) {
    throw new PlatformError(
      'denied',
      'SignatureDoesNotMatch',
      'The signature of the policy does not match. Check the secret key and how the policy was signed.',
    );
  }
  return credential;
}
