/**
 * Signatures of documents: "Verifying the signatures of Amazon SNS messages" of the developer guide. The key is made
 * with the first document and kept, sealed, in the state; its certificate is served by us.
 *
 * Differs from AWS: the certificate is self-signed and lies under our own address, so that a client which insists on a
 * host of amazonaws.com refuses it.
 */
import { createHash, createPrivateKey, generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Clock } from '#kernel/clock';
import { newHexId } from '#kernel/ids';
import type { State } from '#kernel/state';
import type { Vault } from '#kernel/vault';
import type { SnsDocument } from '../delivery/document.ts';
import { selfSignedCertificate } from './certificate.ts';

export type SignedDocument = SnsDocument & {
  readonly SignatureVersion: string;
  readonly Signature: string;
  readonly SigningCertURL: string;
};

export interface SignerParts {
  readonly state: State;
  readonly vault: Vault;
  readonly clock: Clock;
}

interface SigningKey {
  readonly privateKey: KeyObject;
  /** PEM */
  readonly certificate: string;
}

const lifeMs = 20 * 365 * 24 * 3_600_000;

export class Signer {
  readonly #parts: SignerParts;
  #key: Promise<SigningKey> | undefined;

  constructor(parts: SignerParts) {
    this.#parts = parts;
  }

  /**
   * @param version `1` signs by SHA-1, `2` by SHA-256
   * @param base URL under which the certificate is served
   */
  async sign(document: SnsDocument, version: '1' | '2', base: string): Promise<SignedDocument> {
    const { privateKey, certificate } = await this.#getKey();
    const text = Buffer.from(textToSign(document));
    const { UnsubscribeURL, MessageAttributes, ...members } = document;
    return {
      ...members,
      SignatureVersion: version,
      Signature: sign(version === '2' ? 'sha256' : 'sha1', text, privateKey).toString('base64'),
      SigningCertURL: `${base}${pathOf(certificate)}`,
      ...(UnsubscribeURL !== undefined && { UnsubscribeURL }),
      ...(MessageAttributes !== undefined && { MessageAttributes }),
    };
  }

  /** The certificate at a path of our address; undefined when there is none. */
  async findCertificate(path: string): Promise<string | undefined> {
    const { certificate } = await this.#getKey();
    return pathOf(certificate) === path ? certificate : undefined;
  }

  #getKey(): Promise<SigningKey> {
    this.#key ??= this.#openKey().catch((error: unknown) => {
      this.#key = undefined;
      throw error;
    });
    return this.#key;
  }

  async #openKey(): Promise<SigningKey> {
    const { state, vault } = this.#parts;
    const read = (): SigningKey | undefined => {
      const row = state.reader
        .prepare<{ private_key: string; certificate: string }>(
          'SELECT private_key, certificate FROM topics_signing_key',
        )
        .get();
      return row && { privateKey: createPrivateKey(vault.unseal(row.private_key)), certificate: row.certificate };
    };
    return read() ?? this.#makeKey();
  }

  async #makeKey(): Promise<SigningKey> {
    const { state, vault, clock } = this.#parts;
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    const serial = Buffer.from(newHexId(8), 'hex');
    serial[0] = 1;
    const certificate = selfSignedCertificate(privateKey, {
      name: 'Millpond notifications',
      serial,
      notBefore: clock.now(),
      notAfter: new Date(clock.nowMs() + lifeMs),
    });
    const sealed = vault.seal(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    await state.write((db) => db.prepare('INSERT INTO topics_signing_key VALUES (1, ?, ?)').run(sealed, certificate));
    return { privateKey, certificate };
  }
}

const notificationNames = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const;
const confirmationNames = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const;

/** Which members count, in their order, each name and value on a line of its own. */
export function textToSign(document: SnsDocument): string {
  const names = document.Type === 'Notification' ? notificationNames : confirmationNames;
  return names
    .flatMap((name) => {
      const value = document[name];
      return value === undefined ? [] : [`${name}\n${value}\n`];
    })
    .join('');
}

function pathOf(certificate: string): string {
  const print = createHash('sha256').update(certificate).digest('hex').slice(0, 32);
  return `/SimpleNotificationService-${print}.pem`;
}
