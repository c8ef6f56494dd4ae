/**
 * Logs that are known without being told. The patterns are grok, fixed here: a table made of one carries the same text as
 * the grok SerDe's `input.format`, and then runs on the fast engine too.
 *
 * Differs from AWS: numbers in these logs are numbers; Glue's built-in classifiers make every field a string.
 */
import { compileGrok, type GrokPattern } from './grok.ts';

export interface LogFormat {
  readonly classification: string;
  readonly title: string;
  readonly pattern: string;
  compile(): GrokPattern;
}

const commonApache =
  '^%{NOTSPACE:clientip} %{NOTSPACE:ident} %{NOTSPACE:auth} \\[%{HTTPDATE:timestamp}\\] "(?:%{WORD:verb} %{NOTSPACE:request}(?: HTTP/%{NUMBER:httpversion})?|%{DATA:rawrequest})" %{INT:response:int} (?:%{INT:bytes:long}|-)';
const quoted = '"[^"\\\\]*(?:\\\\.[^"\\\\]*)*"';
const endpoint = '(?:%{NOTSPACE}|-)';

const formats: readonly (readonly [string, string, string])[] = [
  ['combined_apache', 'Apache or nginx combined access log', `${commonApache} %{QS:referrer} %{QS:agent}\\s*$`],
  ['apache', 'Apache common access log', `${commonApache}\\s*$`],
  [
    'nginx_error',
    'nginx error log',
    '^(?P<timestamp>[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8}) \\[%{WORD:level}\\] %{INT:pid:long}#%{INT:tid:long}: (?:\\*%{INT:connection:long} )?%{GREEDYDATA:message}$',
  ],
  [
    'alb',
    'Application Load Balancer access log',
    `^%{WORD:type} %{TIMESTAMP_ISO8601:timestamp} %{NOTSPACE:elb} %{NOTSPACE:client} (?P<target>${endpoint}) %{NUMBER:request_processing_time:double} %{NUMBER:target_processing_time:double} %{NUMBER:response_processing_time:double} %{NOTSPACE:elb_status_code} %{NOTSPACE:target_status_code} %{INT:received_bytes:long} %{INT:sent_bytes:long} (?P<request>${quoted}) (?P<user_agent>${quoted}) %{NOTSPACE:ssl_cipher} %{NOTSPACE:ssl_protocol}(?: %{GREEDYDATA:rest})?$`,
  ],
  [
    'elb',
    'Classic Load Balancer access log',
    `^%{TIMESTAMP_ISO8601:timestamp} %{NOTSPACE:elb} %{NOTSPACE:client} (?P<backend>${endpoint}) %{NUMBER:request_processing_time:double} %{NUMBER:backend_processing_time:double} %{NUMBER:response_processing_time:double} %{NOTSPACE:elb_status_code} %{NOTSPACE:backend_status_code} %{INT:received_bytes:long} %{INT:sent_bytes:long} (?P<request>${quoted})(?: (?P<user_agent>${quoted}) %{NOTSPACE:ssl_cipher} %{NOTSPACE:ssl_protocol})?\\s*$`,
  ],
  [
    's3_access',
    'S3 server access log',
    `^%{NOTSPACE:bucket_owner} %{NOTSPACE:bucket} \\[%{HTTPDATE:timestamp}\\] %{NOTSPACE:remote_ip} %{NOTSPACE:requester} %{NOTSPACE:request_id} %{NOTSPACE:operation} %{NOTSPACE:key} (?P<request_uri>${quoted}|-) %{NOTSPACE:http_status} %{NOTSPACE:error_code} %{NOTSPACE:bytes_sent} %{NOTSPACE:object_size} %{NOTSPACE:total_time} %{NOTSPACE:turn_around_time} (?P<referrer>${quoted}|-) (?P<user_agent>${quoted}|-) %{GREEDYDATA:rest}$`,
  ],
  [
    'syslog',
    'system log (RFC 3164)',
    '^(?:<%{INT:priority:int}>)?(?P<timestamp>[A-Z][a-z]{2} +[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}) %{NOTSPACE:logsource} (?P<program>[^\\s:\\[]+)(?:\\[%{INT:pid:int}\\])?: %{GREEDYDATA:message}$',
  ],
  [
    'syslog5424',
    'system log (RFC 5424)',
    '^<%{INT:priority:int}>%{INT:version:int} %{NOTSPACE:timestamp} %{NOTSPACE:logsource} %{NOTSPACE:program} %{NOTSPACE:pid} %{NOTSPACE:message_id} %{GREEDYDATA:message}$',
  ],
  [
    'ruby_logger',
    'Ruby logger',
    '^(?P<severity_id>[DFEWIA]), \\[(?P<timestamp>\\S+) #%{INT:pid:long}\\] +%{WORD:loglevel} -- (?P<progname>[^:]*): %{GREEDYDATA:message}$',
  ],
  [
    'redislog',
    'Redis log',
    '^%{INT:pid:long}:%{WORD:role} (?P<timestamp>[0-9]{2} [A-Z][a-z]{2} (?:[0-9]{4} )?[0-9:.]+) (?P<level>[.#*-]) %{GREEDYDATA:message}$',
  ],
  [
    'squid',
    'Squid access log',
    '^ *(?P<timestamp>[0-9]{10}\\.[0-9]{3}) +%{INT:elapsed:long} %{NOTSPACE:client} (?P<result>[A-Z_]+)/%{INT:status:int} %{INT:bytes:long} %{WORD:method} %{NOTSPACE:url} %{NOTSPACE:user} %{NOTSPACE:hierarchy} %{NOTSPACE:content_type}\\s*$',
  ],
];

export const logFormats: readonly LogFormat[] = formats.map(([classification, title, pattern]) => ({
  classification,
  title,
  pattern,
  compile: once(() => compileGrok(pattern, '', { isTrusted: true })),
}));

/** Compiles at the first call only: a crawl asks for every format at every file. */
function once(compile: () => GrokPattern): () => GrokPattern {
  let compiled: GrokPattern | undefined;
  return () => (compiled ??= compile());
}

/** Patterns that the library knows by name, and that are asked for just so. */
const wellKnown: ReadonlyMap<string, string> = new Map([
  ['%{COMBINEDAPACHELOG}', '^%{COMBINEDAPACHELOG}'],
  ['%{COMMONAPACHELOG}', '^%{COMMONAPACHELOG}'],
]);

/**
 * Compiles the pattern of a grok SerDe or classifier: on the fast engine when it is one of the formats above, letter by
 * letter, else in linear time on RE2.
 */
export function compileGrokOf(pattern: string, customPatterns = ''): GrokPattern {
  if (customPatterns.trim() === '') {
    const isBuiltIn = formats.some(([, , text]) => text === pattern);
    if (isBuiltIn) return compileGrok(pattern, '', { isTrusted: true });
    const known = wellKnown.get(pattern.trim());
    if (known !== undefined)
      return withFallback(compileGrok(known, '', { isTrusted: true }), () => compileGrok(pattern));
  }
  return compileGrok(pattern, customPatterns);
}

/** A line that the anchored form refuses may still match further in; those few take the slow way. */
function withFallback(fast: GrokPattern, slow: () => GrokPattern): GrokPattern {
  let compiled: GrokPattern | undefined;
  return {
    fields: fast.fields,
    match(line) {
      const cells = fast.match(line);
      if (cells !== undefined) return cells;
      compiled ??= slow();
      return compiled.match(line);
    },
  };
}
