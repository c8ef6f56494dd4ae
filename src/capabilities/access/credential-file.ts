/** The root access key in `<data-dir>/credentials`, in the form that every AWS SDK reads. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PlatformError } from '#kernel/errors';
import { newSecret, newUpperId } from '#kernel/ids';

export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Reads the root key, or makes one at the first start (mode 0600, on disk before it is used). */
export function openRootKey(file: string, accountId: string): AccessKey {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    const made = { accessKeyId: `AKIA${newUpperId(16)}`, secretAccessKey: newSecret(30) };
    const text = [
      `# Millpond's root access key, account ${accountId}. Keep it to yourself.`,
      '[default]',
      `aws_access_key_id = ${made.accessKeyId}`,
      `aws_secret_access_key = ${made.secretAccessKey}`,
      '',
    ].join('\n');
    writeFileSync(file, text, { mode: 0o600, flag: 'wx', flush: true });
  }
  return readRootKey(file);
}

/** @throws unavailable when the file does not hold a key */
export function readRootKey(file: string): AccessKey {
  const text = readFileSync(file, 'utf8');
  const accessKeyId = /^\s*aws_access_key_id\s*=\s*(\S+)/m.exec(text)?.[1];
  const secretAccessKey = /^\s*aws_secret_access_key\s*=\s*(\S+)/m.exec(text)?.[1];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new PlatformError(
      'unavailable',
      'CredentialsDamaged',
      `${file} holds no access key. Restore it, or delete it to get a new one.`,
    );
  }
  return { accessKeyId, secretAccessKey };
}
