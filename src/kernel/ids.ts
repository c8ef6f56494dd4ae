/** Identifiers, all from the system's random source. */
import { randomBytes, randomInt, randomUUID } from 'node:crypto';

const upperAlphanumeric = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const base32Lower = 'abcdefghijklmnopqrstuvwxyz234567';

export function newUuid(): string {
  return randomUUID();
}

/** `bytes` random bytes as lower-case hexadecimal. */
export function newHexId(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** Upper-case letters and digits, as CloudFormation and IAM append to generated names. */
export function newUpperId(length: number): string {
  return pick(upperAlphanumeric, length);
}

/** Lower-case base32, safe in bucket names and file names. */
export function newLowerId(length: number): string {
  return pick(base32Lower, length);
}

/** A secret of `bytes` random bytes in URL-safe base64. */
export function newSecret(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

function pick(alphabet: string, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++) text += alphabet[randomInt(alphabet.length)];
  return text;
}
