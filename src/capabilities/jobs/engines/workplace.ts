/** What every process of an application is given: its files from the lake, credentials of its caller, our address. */
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import type { Caller, Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import { messageOf } from '#kernel/errors';
import { findS3Uri } from '#lake';
import { applicationFailed } from '../errors.ts';
import type { ApplicationWork } from './application-engine.ts';
import { baseEnvironment } from './worker.ts';

export interface CallerCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface WorkplaceParts {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Base URL for clients on this machine; empty before the gateway listens. */
  readonly endpoint: () => string;
}

/** Who reads files and who asks for credentials. */
export interface Errand {
  readonly caller: Caller;
  readonly region: string;
  readonly signal: AbortSignal;
}

const invokedBy = 'elasticmapreduce.amazonaws.com';
// Limit: the credentials of an application last 36 hours.
const credentialSeconds = 129_600;
const startPollMs = 20;

export class Workplace {
  readonly #parts: WorkplaceParts;

  constructor(parts: WorkplaceParts) {
    this.#parts = parts;
  }

  /** The address of the AWS APIs; an application that a restart takes up may come before the gateway listens. */
  async endpoint(signal: AbortSignal): Promise<string> {
    while (this.#parts.endpoint() === '') await this.#parts.clock.sleep(startPollMs, signal);
    return this.#parts.endpoint();
  }

  async credentials({ caller, region, signal }: Errand): Promise<CallerCredentials> {
    const { Credentials: given } = (await this.#parts.dispatcher.call(
      'sts',
      'GetSessionToken',
      { DurationSeconds: credentialSeconds },
      { caller, region, signal, invokedBy },
    )) as { Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string } };
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      sessionToken: given.SessionToken,
    };
  }

  /** The variables by which any AWS SDK and CLI finds the platform and its caller's key. */
  async environmentOf(errand: Errand): Promise<Record<string, string>> {
    const key = await this.credentials(errand);
    return {
      ...this.baseEnvironment(),
      AWS_ENDPOINT_URL: await this.endpoint(errand.signal),
      AWS_REGION: errand.region,
      AWS_DEFAULT_REGION: errand.region,
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      AWS_SESSION_TOKEN: key.sessionToken,
      AWS_EC2_METADATA_DISABLED: 'true',
      PYTHONUNBUFFERED: '1',
    };
  }

  baseEnvironment(): Record<string, string> {
    return baseEnvironment(this.#parts.environment);
  }

  /**
   * A file on disk: fetched from the lake into the folder, or a path of this machine (`/a/b`, `file:///a/b`,
   * `local:/a/b`).
   * @throws ApplicationFailed naming what cannot be read
   */
  async fetchFile(file: string, folder: string, errand: Errand): Promise<string> {
    const uri = findS3Uri(file);
    if (uri === undefined) return localPath(file);
    const target = join(folder, basename(uri.key) || 'object');
    try {
      const answer = (await this.#parts.dispatcher.call(
        's3',
        'GetObject',
        { Bucket: uri.bucket, Key: uri.key },
        { ...errand, invokedBy },
      )) as { Body: Readable | Uint8Array | undefined };
      await mkdir(folder, { recursive: true });
      const body = answer.Body instanceof Readable ? answer.Body : Readable.from([answer.Body ?? new Uint8Array()]);
      await pipeline(body, createWriteStream(target), { signal: errand.signal });
      return target;
    } catch (error) {
      errand.signal.throwIfAborted();
      throw applicationFailed(`The file ${file} could not be read: ${messageOf(error)}`, error);
    }
  }

  /** Several files, each in a folder of its own so that equal names do not meet. */
  async fetchFiles(files: readonly string[], folder: string, errand: Errand): Promise<string[]> {
    const paths: string[] = [];
    for (const [index, file] of files.entries()) {
      // `archive.zip#name` says under which name an archive is unpacked.
      const [source = '', name] = file.split('#');
      const path = await this.fetchFile(source, join(folder, String(index)), errand);
      paths.push(name === undefined ? path : `${path}#${name}`);
    }
    return paths;
  }
}

/** What Python imports from: archives themselves, the folders of single modules. */
export function importPaths(pyFiles: readonly string[]): string[] {
  return pyFiles.map((path) => (path.endsWith('.py') ? dirname(path) : path));
}

export function errandOf({ application, region, signal }: ApplicationWork): Errand {
  return { caller: application.caller, region, signal };
}

function localPath(file: string): string {
  const path = file.startsWith('file:') ? pathOfUrl(file) : file.replace(/^local:/, '');
  if (!isAbsolute(path)) {
    throw applicationFailed(`'${file}' is neither s3://bucket/key nor an absolute path of this machine.`);
  }
  if (!existsSync(path)) throw applicationFailed(`The file ${path} does not exist on this machine.`);
  return path;
}

function pathOfUrl(file: string): string {
  try {
    return fileURLToPath(file.replace(/^file:\/?(?!\/)/, 'file:///'));
  } catch {
    throw applicationFailed(`'${file}' is not the address of a file on this machine.`);
  }
}
