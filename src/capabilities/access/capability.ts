/** IAM and STS: identities are kept for templates and clients; every signature is checked against their keys. */
import { join } from 'node:path';
import type { Capability } from '#capability';
import type { Clock } from '#kernel/clock';
import type { State } from '#kernel/state';
import type { Vault } from '#kernel/vault';
import type { Access } from './access.ts';
import { attachmentOperations } from './api/attachments.ts';
import { groupOperations } from './api/groups.ts';
import { policyOperations } from './api/policies.ts';
import { instanceProfileOperations, roleOperations } from './api/roles.ts';
import { stsOperations } from './api/sts.ts';
import { userOperations } from './api/users.ts';
import { openRootKey, type AccessKey } from './credential-file.ts';
import { Credentials } from './credentials.ts';
import { Identities } from './identities.ts';
import { accessResources } from './resources.ts';
import { AccessStore } from './store.ts';

export interface AccessOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly vault: Vault;
  readonly dataDir: string;
  readonly accountId: string;
  /** Accept any access key id as root of its account; the platform allows this on loopback only. */
  readonly open: boolean;
}

export interface AccessParts {
  readonly access: Access;
  readonly rootKey: AccessKey;
  readonly capability: Capability;
}

export function createAccess({ state, clock, vault, dataDir, accountId, open }: AccessOptions): AccessParts {
  const store = new AccessStore(state);
  const rootKey = openRootKey(join(dataDir, 'credentials'), accountId);
  const access: Access = {
    identities: new Identities(store, clock),
    credentials: new Credentials({ store, vault, clock, rootKey, accountId, open }),
  };
  const iam = {
    ...userOperations(access),
    ...groupOperations(access),
    ...roleOperations(access),
    ...instanceProfileOperations(access),
    ...policyOperations(access),
    ...attachmentOperations(access),
  };
  return {
    access,
    rootKey,
    capability: {
      name: 'access',
      apis: [
        { service: 'iam', operations: iam },
        { service: 'sts', operations: stsOperations(access) },
      ],
      resources: accessResources,
    },
  };
}
