/** The Security Token Service: who am I, and temporary credentials. */
import type { STS } from '@aws-sdk/client-sts';
import type { HandlersOf } from '#gateway';
import { parseArn } from '#kernel/arn';
import type { Access } from '../access.ts';
import type { Session } from '../credentials.ts';
import { assumeDenied, invalidInput, noSuchPart } from '../errors.ts';

export function stsOperations({ identities, credentials }: Access): HandlersOf<STS> {
  return {
    GetCallerIdentity(_input, { caller }) {
      return { UserId: caller.principalId, Account: caller.accountId, Arn: caller.arn };
    },
    async AssumeRole(input, { caller }) {
      const roleArn = input.RoleArn ?? '';
      const { accountId, resource } = parseArn(roleArn);
      const name = /^role\/(?:.*\/)?([^/]+)$/.exec(resource)?.[1];
      if (name === undefined) throw invalidInput(`${roleArn} is not the ARN of a role.`);
      const role = identities.list(accountId, 'role').find((candidate) => candidate.name === name);
      // AWS does not tell an absent role from a forbidden one.
      if (!role) throw assumeDenied(caller.arn, roleArn);
      const durationSeconds = input.DurationSeconds ?? 3600;
      const maxSeconds = role.details.maxSessionSeconds ?? 3600;
      if (durationSeconds > maxSeconds)
        throw invalidInput(
          `The requested DurationSeconds exceeds the MaxSessionDuration set for this role (${maxSeconds}).`,
        );
      const session = await credentials.assumeRole(role, caller, input.RoleSessionName ?? '', durationSeconds);
      return {
        Credentials: credentialsOf(session),
        AssumedRoleUser: { AssumedRoleId: session.caller.principalId, Arn: session.caller.arn },
      };
    },
    async GetSessionToken(input, { caller }) {
      return { Credentials: credentialsOf(await credentials.sessionOf(caller, input.DurationSeconds ?? 43_200)) };
    },
    GetAccessKeyInfo(input) {
      const accountId = credentials.findAccountOfKey(input.AccessKeyId ?? '');
      if (accountId === undefined) throw noSuchPart(`The Access Key with id ${input.AccessKeyId}`);
      return { Account: accountId };
    },
  };
}

function credentialsOf(session: Session) {
  return {
    AccessKeyId: session.accessKeyId,
    SecretAccessKey: session.secretAccessKey,
    SessionToken: session.sessionToken,
    Expiration: session.expiresAt,
  };
}
