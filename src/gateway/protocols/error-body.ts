/** What the bodies of errors have in common across the protocols whose bodies are trees. */
import type { ServiceModel } from '../model/model.ts';
import type { WireError } from './protocol.ts';
import { isInAnswerBody } from './rest/bindings.ts';
import type { TreeCodec } from './tree.ts';

/** The message under the name that the model gives it (Glue says `Message`), and the modelled details. */
export function errorMembers(error: WireError, codec: TreeCodec): Record<string, unknown> {
  const members = error.shape?.members;
  const message = members?.get('Message') ?? members?.get('message');
  const result: Record<string, unknown> = { [message?.wireName ?? 'message']: error.message };
  for (const [name, value] of Object.entries(error.details)) {
    const member = members?.get(name);
    if (member !== undefined && value !== undefined && isInAnswerBody(member))
      result[member.wireName] = codec.encode(member, value);
  }
  return result;
}

/** Services that once spoke the query protocol repeat its code in a header, so that old clients still know it. */
export function queryErrorHeader(error: WireError, model: ServiceModel | undefined): Record<string, string> {
  if (model?.metadata.awsQueryCompatible === undefined) return {};
  return { 'x-amzn-query-error': `${error.shape?.raw.error?.code ?? error.code};${error.fault}` };
}
