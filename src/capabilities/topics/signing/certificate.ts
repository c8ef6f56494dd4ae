/** A self-signed X.509 certificate for a signing key (RFC 5280; DER of X.690), which Node cannot make by itself. */
import { createPublicKey, sign, type KeyObject } from 'node:crypto';

const tags = { integer: 0x02, bits: 0x03, absent: 0x05, oid: 0x06, text: 0x0c, time: 0x18, sequence: 0x30, set: 0x31 };

/** 1.2.840.113549.1.1.11 */
const sha256WithRsa = Buffer.from('2a864886f70d01010b', 'hex');
/** 2.5.4.3 */
const commonName = Buffer.from('550403', 'hex');

export interface CertificateFacts {
  readonly name: string;
  /** Positive, of up to 20 bytes. */
  readonly serial: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** @returns PEM */
export function selfSignedCertificate(
  privateKey: KeyObject,
  { name, serial, notBefore, notAfter }: CertificateFacts,
): string {
  const algorithm = der(tags.sequence, der(tags.oid, sha256WithRsa), der(tags.absent));
  const holder = der(
    tags.sequence,
    der(tags.set, der(tags.sequence, der(tags.oid, commonName), der(tags.text, Buffer.from(name)))),
  );
  const version3 = der(0xa0, der(tags.integer, Buffer.of(2)));
  const content = der(
    tags.sequence,
    version3,
    der(tags.integer, serial),
    algorithm,
    holder,
    der(tags.sequence, der(tags.time, timeOf(notBefore)), der(tags.time, timeOf(notAfter))),
    holder,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  );
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', content, privateKey)]);
  const certificate = der(tags.sequence, content, algorithm, der(tags.bits, signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  return length < 0x100 ? Buffer.of(0x81, length) : Buffer.of(0x82, length >> 8, length & 0xff);
}

/** YYYYMMDDHHMMSSZ */
function timeOf(date: Date): Buffer {
  return Buffer.from(`${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`);
}
