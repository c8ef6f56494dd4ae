/** Amazon resource names: `arn:partition:service:region:account:resource`. */
import { PlatformError } from './errors.ts';

export interface Arn {
  readonly partition: string;
  readonly service: string;
  readonly region: string;
  readonly accountId: string;
  /** Everything behind the fifth colon, slashes and colons included. */
  readonly resource: string;
}

export function formatArn(parts: Omit<Arn, 'partition'> & { partition?: string }): string {
  return `arn:${parts.partition ?? 'aws'}:${parts.service}:${parts.region}:${parts.accountId}:${parts.resource}`;
}

export function findArn(text: string): Arn | undefined {
  const match = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/s.exec(text);
  if (!match) return undefined;
  const [, partition = '', service = '', region = '', accountId = '', resource = ''] = match;
  return { partition, service, region, accountId, resource };
}

/** @throws ValidationException when the text is no ARN. */
export function parseArn(text: string): Arn {
  const arn = findArn(text);
  if (arn === undefined) {
    throw new PlatformError(
      'invalid',
      'ValidationException',
      `'${text}' is not an ARN (arn:aws:service:region:account:resource).`,
    );
  }
  return arn;
}
