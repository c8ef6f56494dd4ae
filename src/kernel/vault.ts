/**
 * Secrets at rest: AES-256-GCM under a key that lies in a file of its own (mode 0600), so that a copy of the state
 * alone gives nothing away.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PlatformError } from './errors.ts';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

export class Vault {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** Reads the key, or makes one on first use. */
  static open(keyFile: string): Vault {
    if (!existsSync(keyFile)) {
      mkdirSync(dirname(keyFile), { recursive: true });
      writeFileSync(keyFile, randomBytes(keyBytes).toString('base64'), { mode: 0o600, flag: 'wx', flush: true });
    }
    const key = Buffer.from(readFileSync(keyFile, 'utf8'), 'base64');
    if (key.length !== keyBytes) {
      throw new PlatformError(
        'unavailable',
        'KeyDamaged',
        `${keyFile} does not hold a key of ${keyBytes} bytes. Restore it from a backup.`,
      );
    }
    return new Vault(key);
  }

  seal(secret: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
  }

  /** @throws unavailable when the text was sealed under another key or was changed */
  unseal(text: string): string {
    const bytes = Buffer.from(text, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.#key, bytes.subarray(0, nonceBytes));
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new PlatformError(
        'unavailable',
        'KeyMismatch',
        'A secret of the state was sealed under another key file. Restore the key that belongs to this state.',
        {
          cause,
        },
      );
    }
  }
}
