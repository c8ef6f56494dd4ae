import type { EventBridge } from '@aws-sdk/client-eventbridge';
import type { HandlersOf } from '#gateway';
import { archiveArn, type ArchiveSettings } from '../archives/archive.ts';
import type { Archives } from '../archives/archives.ts';
import { busAddress, busArn } from '../buses/bus.ts';
import { validation } from '../errors.ts';
import type { StoredArchive } from '../store/archives.ts';
import { pageFor } from './page.ts';

// Differs from AWS: an archive needs no managed rule on its bus, and its size is told at once.
export function archiveOperations(archives: Archives): HandlersOf<EventBridge> {
  const wire = (scope: string, stored: StoredArchive) => {
    const { archive } = stored;
    const { count, sizeBytes } = archives.measure(stored);
    return {
      ArchiveName: archive.name,
      EventSourceArn: busArn(scope, archive.bus),
      State: 'ENABLED' as const,
      RetentionDays: archive.retentionDays,
      SizeBytes: sizeBytes,
      EventCount: count,
      CreationTime: new Date(archive.createdMs),
    };
  };
  return {
    async CreateArchive(input, { scope }) {
      const address = busAddress(input.EventSourceArn, scope);
      if (address.scope !== scope) throw validation(`Event bus ${input.EventSourceArn} is not one of this account.`);
      const { name, createdMs } = await archives.create(address, settingsOf(input));
      return { ArchiveArn: archiveArn(scope, name), State: 'ENABLED', CreationTime: new Date(createdMs) };
    },
    async UpdateArchive(input, { scope }) {
      const { name, createdMs } = await archives.update(scope, settingsOf(input));
      return { ArchiveArn: archiveArn(scope, name), State: 'ENABLED', CreationTime: new Date(createdMs) };
    },
    async DeleteArchive(input, { scope }) {
      await archives.delete(scope, input.ArchiveName ?? '');
      return {};
    },
    DescribeArchive(input, { scope }) {
      const stored = archives.get(scope, input.ArchiveName ?? '');
      const { name, description, pattern } = stored.archive;
      return {
        ...wire(scope, stored),
        ArchiveArn: archiveArn(scope, name),
        ...(description !== undefined && { Description: description }),
        ...(pattern !== undefined && { EventPattern: pattern }),
      };
    },
    ListArchives(input, { scope }) {
      const ways = [input.NamePrefix, input.EventSourceArn, input.State].filter((way) => way !== undefined);
      if (ways.length > 1) {
        throw validation(
          'At most one filter is allowed for ListArchives. Use one of: State, EventSourceArn, NamePrefix.',
        );
      }
      const { NamePrefix = '', State = 'ENABLED' } = input;
      const wanted = archives
        .list(scope)
        .filter(({ archive }) => archive.name.startsWith(NamePrefix) && State === 'ENABLED')
        .filter(({ archive }) => (input.EventSourceArn ?? busArn(scope, archive.bus)) === busArn(scope, archive.bus));
      const page = pageFor(wanted, input, ({ archive }) => [archive.name]);
      return {
        Archives: page.items.map((stored) => wire(scope, stored)),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
  };
}

function settingsOf(input: {
  readonly ArchiveName: string | undefined;
  readonly Description?: string | undefined;
  readonly EventPattern?: string | undefined;
  readonly RetentionDays?: number | undefined;
  readonly KmsKeyIdentifier?: string | undefined;
}): ArchiveSettings {
  if (input.KmsKeyIdentifier !== undefined && input.KmsKeyIdentifier !== '') {
    throw validation('Here are no encryption keys (KmsKeyIdentifier). Leave it out.');
  }
  return {
    name: input.ArchiveName ?? '',
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.EventPattern !== undefined && { pattern: input.EventPattern }),
    ...(input.RetentionDays !== undefined && { retentionDays: input.RetentionDays }),
  };
}
