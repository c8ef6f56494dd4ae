/** Tags of objects and buckets: their limits, and the query form of the `x-amz-tagging` header. */
import { PlatformError } from '#kernel/errors';
import { invalidArgument } from '../errors.ts';

export type Tags = Readonly<Record<string, string>>;

const objectTagsMax = 10;
const bucketTagsMax = 50;

const invalidTag = (message: string): PlatformError => new PlatformError('invalid', 'InvalidTag', message);

/** @throws InvalidArgument, InvalidTag, BadRequest */
export function parseTagging(text: string | undefined): Tags | undefined {
  if (text === undefined || text === '') return undefined;
  const pairs = text.split('&').map((pair) => {
    const [key = '', ...rest] = pair.split('=');
    try {
      const decode = (part: string): string => decodeURIComponent(part.replaceAll('+', ' '));
      return { Key: decode(key), Value: decode(rest.join('=')) };
    } catch {
      throw invalidArgument(
        "The header 'x-amz-tagging' shall be encoded as URL query parameters.",
        'x-amz-tagging',
        text,
      );
    }
  });
  return toTags(pairs);
}

/** From the API's list of pairs. @throws InvalidTag, BadRequest (too many) */
export function toTags(
  pairs: readonly { Key?: string | undefined; Value?: string | undefined }[],
  kind: 'object' | 'bucket' = 'object',
): Tags {
  const countMax = kind === 'object' ? objectTagsMax : bucketTagsMax;
  if (pairs.length > countMax) {
    throw new PlatformError(
      'invalid',
      'BadRequest',
      `${pairs.length} tags were given; ${kind === 'object' ? 'an object' : 'a bucket'} takes ${countMax}.`,
    );
  }
  const tags = new Map<string, string>();
  for (const { Key: key = '', Value: value = '' } of pairs) {
    if (key === '' || key.length > 128) throw invalidTag(`The tag key '${key}' must have 1 to 128 characters.`);
    if (value.length > 256) throw invalidTag(`The value of tag '${key}' has more than 256 characters.`);
    // Differs from AWS: anybody may set the tags that tell of a stack, since CloudFormation sets them by the same operation.
    if (/^aws:(?!cloudformation:)/i.test(key))
      throw invalidTag(`The tag key '${key}' begins with 'aws:', which is reserved.`);
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value))
      throw invalidTag(`Tag '${key}' holds characters that tags may not have.`);
    if (tags.has(key)) throw invalidTag(`The tag key '${key}' is given twice.`);
    tags.set(key, value);
  }
  return Object.fromEntries(tags);
}

export function toTagSet(tags: Tags | undefined): { Key: string; Value: string }[] {
  return Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
}
