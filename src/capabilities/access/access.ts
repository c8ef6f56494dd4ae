/** Identities and credentials together: what the API faces of IAM and STS work on. */
import type { Credentials } from './credentials.ts';
import type { Identities } from './identities.ts';

export interface Access {
  readonly identities: Identities;
  readonly credentials: Credentials;
}
