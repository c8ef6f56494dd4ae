/** Trails: delivery of records to a bucket. */
import type { CloudTrail } from '@aws-sdk/client-cloudtrail';
import type { Dispatcher, HandlersOf, RequestContext } from '#gateway';
import type { Clock } from '#kernel/clock';
import { isPlatformError } from '#kernel/errors';
import type { Audit } from '../audit.ts';
import { bucketDoesNotExist, invalidTrailName, trailExists, trailNotFound, unsupported } from '../errors.ts';
import type { AuditStore } from '../store.ts';
import { arnOfTrail, managementOnly, type EventSelector, type Trail } from '../trail.ts';

interface TrailsOptions {
  readonly audit: Audit;
  readonly store: AuditStore;
  readonly clock: Clock;
  readonly dispatcher: () => Dispatcher;
}

export function trailOperations({ audit, store, clock, dispatcher }: TrailsOptions): HandlersOf<CloudTrail> {
  const find = (name: string, accountId: string): Trail | undefined =>
    store.listTrails(accountId).find(({ trail }) => trail.name === name || arnOfTrail(trail) === name)?.trail;
  const get = (name: string | undefined, { accountId }: RequestContext): Trail => {
    const trail = find(name ?? '', accountId);
    if (!trail) throw trailNotFound(name ?? '', accountId);
    return trail;
  };
  const put = async (trail: Trail): Promise<Trail> => {
    await store.putTrail(trail);
    audit.refreshSelectors();
    return trail;
  };
  const requireBucket = async (bucket: string, context: RequestContext): Promise<void> => {
    const { caller, region } = context;
    try {
      await dispatcher().call(
        's3',
        'HeadBucket',
        { Bucket: bucket },
        { caller, region, invokedBy: 'cloudtrail.amazonaws.com' },
      );
    } catch (error) {
      if (isPlatformError(error) && error.kind === 'absent') throw bucketDoesNotExist(bucket);
      throw error;
    }
  };
  return {
    async CreateTrail(input, context) {
      const name = input.Name ?? '';
      if (!/^[A-Za-z0-9][\w.-]{2,127}$/.test(name)) throw invalidTrailName(name);
      if (find(name, context.accountId)) throw trailExists(name, context.accountId);
      refuseUnsupported(input);
      await requireBucket(input.S3BucketName ?? '', context);
      const trail = await put({
        name,
        accountId: context.accountId,
        homeRegion: context.region,
        bucket: input.S3BucketName ?? '',
        ...(input.S3KeyPrefix === undefined ? {} : { keyPrefix: input.S3KeyPrefix }),
        includeGlobalServiceEvents: input.IncludeGlobalServiceEvents ?? true,
        isMultiRegion: input.IsMultiRegionTrail ?? false,
        selectors: managementOnly,
        tags: Object.fromEntries((input.TagsList ?? []).map((tag) => [tag.Key ?? '', tag.Value ?? ''])),
        isLogging: false,
      });
      return trailOf(trail);
    },
    async UpdateTrail(input, context) {
      const before = get(input.Name, context);
      refuseUnsupported(input);
      if (input.S3BucketName !== undefined) await requireBucket(input.S3BucketName, context);
      const trail = await put({
        ...before,
        bucket: input.S3BucketName ?? before.bucket,
        ...(input.S3KeyPrefix === undefined ? {} : { keyPrefix: input.S3KeyPrefix }),
        includeGlobalServiceEvents: input.IncludeGlobalServiceEvents ?? before.includeGlobalServiceEvents,
        isMultiRegion: input.IsMultiRegionTrail ?? before.isMultiRegion,
      });
      return trailOf(trail);
    },
    GetTrail: (input, context) => ({ Trail: trailOf(get(input.Name, context)) }),
    DescribeTrails(input, { accountId }) {
      const wanted = input.trailNameList ?? [];
      const trails = store.listTrails(accountId).map(({ trail }) => trail);
      return {
        trailList: trails
          .filter((trail) => wanted.length === 0 || wanted.includes(trail.name) || wanted.includes(arnOfTrail(trail)))
          .map(trailOf),
      };
    },
    ListTrails(_input, { accountId }) {
      return {
        Trails: store
          .listTrails(accountId)
          .map(({ trail }) => ({ Name: trail.name, TrailARN: arnOfTrail(trail), HomeRegion: trail.homeRegion })),
      };
    },
    async DeleteTrail(input, context) {
      await store.deleteTrail(context.accountId, get(input.Name, context).name);
      audit.refreshSelectors();
      return {};
    },
    async StartLogging(input, context) {
      await put({ ...get(input.Name, context), isLogging: true, startedAt: clock.now().toISOString() });
      return {};
    },
    async StopLogging(input, context) {
      get(input.Name, context);
      await audit.deliver();
      await put({ ...get(input.Name, context), isLogging: false, stoppedAt: clock.now().toISOString() });
      return {};
    },
    GetTrailStatus(input, context) {
      const trail = get(input.Name, context);
      const time = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
      return {
        IsLogging: trail.isLogging,
        LatestDeliveryTime: time(trail.deliveredAt),
        LatestDeliveryError: trail.deliveryError,
        StartLoggingTime: time(trail.startedAt),
        StopLoggingTime: time(trail.stoppedAt),
      };
    },
    GetEventSelectors(input, context) {
      const trail = get(input.TrailName, context);
      return { TrailARN: arnOfTrail(trail), EventSelectors: trail.selectors.map(selectorOf) };
    },
    async PutEventSelectors(input, context) {
      if (input.AdvancedEventSelectors !== undefined) throw unsupported('advanced event selectors; use EventSelectors');
      const selectors = (input.EventSelectors ?? []).map((selector): EventSelector => ({
        readWriteType: selector.ReadWriteType ?? 'All',
        includeManagementEvents: selector.IncludeManagementEvents ?? true,
        dataResources: (selector.DataResources ?? []).map(({ Type, Values }) => ({
          type: Type ?? '',
          values: Values ?? [],
        })),
      }));
      const foreign = selectors
        .flatMap((selector) => selector.dataResources)
        .find(({ type }) => type !== 'AWS::S3::Object');
      if (foreign) throw unsupported(`data events of ${foreign.type}; AWS::S3::Object is supported`);
      const trail = await put({ ...get(input.TrailName, context), selectors });
      return { TrailARN: arnOfTrail(trail), EventSelectors: trail.selectors.map(selectorOf) };
    },
  };
}

interface UnsupportedMembers {
  readonly SnsTopicName?: string | undefined;
  readonly CloudWatchLogsLogGroupArn?: string | undefined;
  readonly KmsKeyId?: string | undefined;
  readonly IsOrganizationTrail?: boolean | undefined;
}

function refuseUnsupported(input: UnsupportedMembers): void {
  if (input.SnsTopicName !== undefined) throw unsupported('SnsTopicName of a trail');
  if (input.CloudWatchLogsLogGroupArn !== undefined) throw unsupported('CloudWatchLogsLogGroupArn of a trail');
  if (input.KmsKeyId !== undefined) throw unsupported('KmsKeyId of a trail');
  if (input.IsOrganizationTrail === true) throw unsupported('organization trails');
}

function selectorOf(selector: EventSelector) {
  return {
    ReadWriteType: selector.readWriteType,
    IncludeManagementEvents: selector.includeManagementEvents,
    DataResources: selector.dataResources.map(({ type, values }) => ({ Type: type, Values: [...values] })),
  };
}

function trailOf(trail: Trail) {
  return {
    Name: trail.name,
    S3BucketName: trail.bucket,
    S3KeyPrefix: trail.keyPrefix,
    IncludeGlobalServiceEvents: trail.includeGlobalServiceEvents,
    IsMultiRegionTrail: trail.isMultiRegion,
    HomeRegion: trail.homeRegion,
    TrailARN: arnOfTrail(trail),
    // Differs from AWS: log files carry no digest, so EnableLogFileValidation is answered with false.
    LogFileValidationEnabled: false,
    HasCustomEventSelectors:
      trail.selectors !== managementOnly && trail.selectors.some((selector) => selector.dataResources.length > 0),
    HasInsightSelectors: false,
    IsOrganizationTrail: false,
  };
}
