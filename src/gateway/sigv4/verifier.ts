/**
 * Decides whether a request was signed by the key it names. Nothing of the request is believed before.
 *
 * Signature Version 4 has no nonce: a request that is sent again within its time window is accepted again.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '#kernel/clock';
import type { Authorizer, Credential } from '../api.ts';
import { signatureError, type ErrorFamily } from '../errors.ts';
import { canonicalRequest, hmacHex, signingKey, stringToSign, type SignedParts } from './canonical.ts';
import type { Claims } from './claims.ts';

export interface Verified {
  readonly credential: Credential;
  readonly claims: Claims;
  /** Signs the chunks of a streamed body; undefined in open mode. */
  readonly key: Buffer | undefined;
}

export interface VerifyOptions {
  readonly family: ErrorFamily;
  /** The service the request must be scoped to. */
  readonly signingName: string;
  /** What stands on the last line of the canonical request. */
  readonly payloadHash: string;
}

// Limit: clocks may differ by 15 minutes for S3 and by 5 for other services, as on AWS.
const skewMs = { s3: 15 * 60_000, other: 5 * 60_000 };

// Limit: 1000 derived keys are kept; the oldest goes first.
const keysMax = 1000;

export class Verifier {
  readonly #authorizer: Pick<Authorizer, 'findCredential'>;
  readonly #clock: Clock;
  readonly #keys = new Map<string, Buffer>();

  constructor(authorizer: Pick<Authorizer, 'findCredential'>, clock: Clock) {
    this.#authorizer = authorizer;
    this.#clock = clock;
  }

  /** @throws denied, in the words of the service's family */
  verify(request: SignedParts, claims: Claims, options: VerifyOptions): Verified {
    const { family } = options;
    const credential = this.#authorizer.findCredential(claims.accessKeyId);
    if (credential === undefined) {
      const message =
        family === 's3'
          ? 'The AWS Access Key Id you provided does not exist in our records.'
          : 'The security token included in the request is invalid.';
      throw signatureError('unknownKey', family, message);
    }
    const secret = credential.secretAccessKey;
    if (secret === undefined) {
      if (claims.expiresSeconds !== undefined) this.#checkTime(claims, family);
      return { credential, claims, key: undefined };
    }
    this.#checkScope(claims, options);
    this.#checkTime(claims, family);
    checkSignedHeaders(request, claims, family);
    const key = this.#key(secret, claims);
    const canonical = canonicalRequest(request, {
      signedHeaders: claims.signedHeaders,
      payloadHash: options.payloadHash,
      pathStyle: family === 's3' ? 'as-sent' : 'normalized',
    });
    const scope = `${claims.date}/${claims.region}/${claims.service}/aws4_request`;
    if (!sameText(hmacHex(key, stringToSign(claims.timestamp, scope, canonical)), claims.signature)) {
      throw signatureError(
        'badSignature',
        family,
        'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
      );
    }
    this.#checkToken(credential, claims, family);
    return { credential, claims, key };
  }

  #checkScope(claims: Claims, { family, signingName }: VerifyOptions): void {
    if (claims.service === signingName || (family === 's3' && claims.service === 's3express')) return;
    throw signatureError(
      'badSignature',
      family,
      `Credential should be scoped to correct service: '${signingName}', not '${claims.service}'.`,
    );
  }

  #checkTime(claims: Claims, family: ErrorFamily): void {
    const signedMs = parseBasicTime(claims.timestamp);
    const aheadMs = signedMs - this.#clock.nowMs();
    const allowedMs = family === 's3' ? skewMs.s3 : skewMs.other;
    if (claims.expiresSeconds !== undefined) {
      if (aheadMs > allowedMs) throw signatureError('expiredUrl', family, 'Request is not valid yet.');
      if (-aheadMs > claims.expiresSeconds * 1000) throw signatureError('expiredUrl', family, 'Request has expired.');
      return;
    }
    if (Math.abs(aheadMs) <= allowedMs) return;
    const message =
      family === 's3'
        ? 'The difference between the request time and the current time is too large.'
        : `Signature ${aheadMs < 0 ? 'expired' : 'not yet current'}: ${claims.timestamp} is more than 5 minutes from ${this.#clock.now().toISOString()}.`;
    throw signatureError('skewed', family, message);
  }

  #checkToken(credential: Credential, claims: Claims, family: ErrorFamily): void {
    const { sessionToken, expiresAt } = credential;
    if (expiresAt !== undefined && expiresAt.getTime() <= this.#clock.nowMs()) {
      throw signatureError('expiredToken', family, 'The security token included in the request is expired.');
    }
    if (
      sessionToken === undefined ? claims.sessionToken === undefined : sameText(sessionToken, claims.sessionToken ?? '')
    ) {
      return;
    }
    throw signatureError('badToken', family, 'The security token included in the request is invalid.');
  }

  #key(secret: string, claims: Claims): Buffer {
    const name = `${claims.accessKeyId}\n${secret}\n${claims.date}\n${claims.region}\n${claims.service}`;
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = signingKey(secret, claims.date, claims.region, claims.service);
      if (this.#keys.size >= keysMax) this.#keys.delete(this.#keys.keys().next().value ?? '');
      this.#keys.set(name, key);
    }
    return key;
  }
}

/** Compares without telling by its duration where two texts differ. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The host and every `x-amz-` header must be under the signature, or they could be changed on the way. */
function checkSignedHeaders(request: SignedParts, claims: Claims, family: ErrorFamily): void {
  const signed = new Set(claims.signedHeaders);
  if (!signed.has('host') && !signed.has(':authority')) {
    throw signatureError('badSignature', family, "'Host' or ':authority' must be a signed header.");
  }
  for (const name of Object.keys(request.headers)) {
    if (!name.startsWith('x-amz-') || signed.has(name) || unsignedHeaders.has(name)) continue;
    const fault = family === 's3' ? 'missing' : 'badSignature';
    throw signatureError(fault, family, `There were headers present in the request which were not signed: ${name}.`);
  }
}

/** Headers that some clients add behind the signature and that mean nothing to us. */
const unsignedHeaders = new Set(['x-amz-user-agent', 'x-amz-content-sha256']);

/** @param text `yyyymmddThhmmssZ` */
function parseBasicTime(text: string): number {
  const part = (from: number, to: number): number => Number(text.slice(from, to));
  return Date.UTC(part(0, 4), part(4, 6) - 1, part(6, 8), part(9, 11), part(11, 13), part(13, 15));
}
