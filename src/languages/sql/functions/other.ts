/** URLs, binaries and hashes, sessions: https://trino.io/docs/current/functions/url.html, binary.html, session.html */
import { quoteString } from '../quoting.ts';
import { type FunctionForm, scalars } from './definition.ts';

/** Groups of RFC 3986, appendix B, with the authority taken apart. */
const url =
  '^(?:([^:/?#]+):)?(?://(?:[^/?#@]*@)?(\\[[^\\]]*\\]|[^:/?#]*)(?::(\\d+))?)?([^?#]*)(?:\\?([^#]*))?(?:#(.*))?$';
const part = (group: number): string => `regexp_extract($1, ${quoteString(url)}, ${group})`;

export const otherFunctions: readonly FunctionForm[] = scalars([
  ['url_extract_protocol', 'varchar -> varchar', part(1)],
  ['url_extract_host', 'varchar -> varchar', part(2)],
  ['url_extract_port', 'varchar -> bigint', `TRY_CAST(${part(3)} AS BIGINT)`],
  ['url_extract_path', 'varchar -> varchar', `url_decode(${part(4)})`],
  ['url_extract_query', 'varchar -> varchar', part(5)],
  ['url_extract_fragment', 'varchar -> varchar', part(6)],
  ['url_extract_parameter', 'varchar, varchar -> varchar', `mp_url_parameter(${part(5)}, $2)`],
  ['url_encode', 'varchar -> varchar', "replace(replace(url_encode($1), '%20', '+'), '~', '%7E')"],
  ['url_decode', 'varchar -> varchar', "url_decode(replace($1, '+', '%20'))"],
  ['md5', 'varbinary -> varbinary', 'unhex(md5($1))'],
  ['sha1', 'varbinary -> varbinary', 'unhex(sha1($1))'],
  ['sha256', 'varbinary -> varbinary', 'unhex(sha256($1))'],
  ['to_hex', 'varbinary -> varchar', 'hex($1)'],
  ['from_hex', 'varchar -> varbinary', 'unhex($1)'],
  ['to_base64', 'varbinary -> varchar', 'to_base64($1)'],
  ['from_base64', 'varchar -> varbinary', 'from_base64($1)'],
  ['to_base64url', 'varbinary -> varchar', "replace(replace(to_base64($1), '+', '-'), '/', '_')"],
  ['from_base64url', 'varchar -> varbinary', "from_base64(replace(replace($1, '-', '+'), '_', '/'))"],
  ['uuid', '-> uuid', 'uuid()'],
  ['current_user', '-> varchar', (site) => quoteString(site.session.user)],
  ['current_catalog', '-> varchar', (site) => quoteString(site.session.catalog)],
  ['current_schema', '-> varchar', (site) => quoteString(site.session.database)],
  ['version', '-> varchar', "'millpond'"],
]);
