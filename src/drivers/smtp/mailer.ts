/** Mail by SMTP (RFC 5321), through nodemailer, which is loaded with the first mail. */
import { PlatformError, messageOf } from '#kernel/errors';

export interface Mail {
  readonly to: string;
  /** Shown as the sender in place of the configured name. */
  readonly fromName?: string | undefined;
  readonly subject: string;
  readonly text: string;
}

export interface MailerConfig {
  /** `smtp://user:password@host:port`, or `smtps://…` for TLS from the first byte; empty for no server. */
  readonly url: string;
  /** Address or `Name <address>` of the sender. */
  readonly from: string;
}

// Limit: a mail server has 10 seconds to answer each step.
const timeoutMs = 10_000;

export class SmtpMailer {
  readonly #config: MailerConfig;

  constructor(config: MailerConfig) {
    this.#config = config;
  }

  /**
   * Resolves once the server took the mail over.
   * @throws unavailable when it may go better later, invalid when the server refuses the mail for good (5xx)
   */
  async send(mail: Mail, signal: AbortSignal): Promise<void> {
    const { url, from } = this.#config;
    if (url === '') {
      const message = `The mail to ${mail.to} waits: no mail server is set. Set smtpUrl, such as smtp://127.0.0.1:1025.`;
      throw new PlatformError('unavailable', 'MailServerAbsent', message);
    }
    const { createTransport } = await import('nodemailer');
    const transport = createTransport({
      ...serverOf(url),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const stopped = Promise.withResolvers<never>();
    const stop = (): void => stopped.reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const sent = transport.sendMail({
        from: senderOf(from, mail.fromName),
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
      });
      await Promise.race([sent, stopped.promise]);
    } catch (error) {
      const code = (error as { responseCode?: number }).responseCode ?? 0;
      const message = `The mail to ${mail.to} was not sent: ${messageOf(error)}`;
      throw new PlatformError(code >= 500 ? 'invalid' : 'unavailable', 'MailNotSent', message, { cause: error });
    } finally {
      signal.removeEventListener('abort', stop);
      transport.close();
    }
  }
}

function senderOf(from: string, name: string | undefined) {
  if (name === undefined) return from;
  return { name, address: /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from };
}

function serverOf(url: string) {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    ...(username !== '' && { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
  };
}
