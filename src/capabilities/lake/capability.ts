/** The lake: S3 over plain folders. This file wires its parts. */
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Capability } from '#capability';
import type { Authorizer, Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import type { EventHub } from '#kernel/events';
import type { Log } from '#kernel/log';
import type { State } from '#kernel/state';
import { createFormRoute, createPreflightRoute } from './api/browser-routes.ts';
import { createS3Api } from './api/service.ts';
import { Buckets } from './buckets/buckets.ts';
import { Deletions } from './objects/deletions.ts';
import { FolderSync } from './disk/folder-sync.ts';
import { Staging } from './disk/staging.ts';
import { Lake } from './lake.ts';
import { LifecycleSweep } from './buckets/lifecycle-sweep.ts';
import { Listing } from './objects/listing.ts';
import { ObjectNotices } from './objects/notices.ts';
import { Objects } from './objects/objects.ts';
import type { NotificationConfiguration } from './notifications/configuration.ts';
import { Notifications } from './notifications/notifications.ts';
import { Publication } from './objects/publication.ts';
import { Shelf, type StepHook } from './objects/shelf.ts';
import { lakeResources } from './resources.ts';
import { BucketStore } from './store/bucket-store.ts';
import { ObjectStore } from './store/object-store.ts';
import { Tagging } from './objects/tagging.ts';
import { UploadStore } from './store/upload-store.ts';
import { Uploads } from './uploads/uploads.ts';

export interface LakeOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventHub;
  /** Buckets are `<dataDir>/buckets/<name>`; everything else of the lake is under `<dataDir>/buckets/.lake`. */
  readonly dataDir: string;
  /** Verifies the signatures of form uploads; without it they are refused. */
  readonly findCredential?: Authorizer['findCredential'];
  /** Reaches the destinations of notifications; without it they are refused. */
  readonly dispatcher?: Dispatcher;
  /** For crash tests. */
  readonly onStep?: StepHook;
}

export function createLake(options: LakeOptions): { lake: Lake; capability: Capability } {
  const { state, clock, events, dispatcher } = options;
  const log = options.log.with({ capability: 'lake' });
  mkdirSync(join(options.dataDir, 'buckets', '.lake'), { recursive: true });
  const bucketsFolder = realpathSync.native(join(options.dataDir, 'buckets'));
  const inner = join(bucketsFolder, '.lake');
  const bucketStore = new BucketStore(state);
  const shelf = new Shelf({
    store: new ObjectStore(state),
    staging: new Staging(join(inner, 'staging')),
    folderSync: new FolderSync(),
    bucketsFolder,
    archiveFolder: join(inner, 'versions'),
    clock,
    log,
    onStep: options.onStep,
  });
  const listing = new Listing(shelf);
  const buckets = new Buckets(bucketStore, shelf, listing);
  const notifications = dispatcher && new Notifications({ state, clock, log, dispatcher });
  const notices = new ObjectNotices({
    shelf,
    events,
    clock,
    configurationOf: (bucket) => buckets.findConfiguration<NotificationConfiguration>(bucket, 'notification'),
    notifications,
  });
  const objects = new Objects(shelf, notices, (bucket) => buckets.isOpen(bucket));
  const deletions = new Deletions(shelf, notices);
  const publication = new Publication(shelf, objects, notices, log);
  const uploads = new Uploads(new UploadStore(state), shelf, objects, join(inner, 'uploads'));
  const tagging = new Tagging(shelf, objects, notices);
  const parts = { shelf, buckets, objects, deletions, listing, publication, notices, uploads, tagging, notifications };
  const sweep = new LifecycleSweep(parts, clock, log);
  return {
    lake: new Lake(parts),
    capability: {
      name: 'lake',
      apis: [createS3Api(parts)],
      routes: [createPreflightRoute(parts), createFormRoute(parts, options.findCredential)],
      resources: lakeResources,
      async start() {
        await publication.recover();
        uploads.recover();
        sweep.start();
        notifications?.start();
      },
      health() {
        return { ok: true, detail: `${bucketStore.listAll().length} bucket(s) in ${bucketsFolder}` };
      },
      async stop() {
        await sweep.stop();
        await notifications?.stop();
        await shelf.idle();
      },
    },
  };
}
