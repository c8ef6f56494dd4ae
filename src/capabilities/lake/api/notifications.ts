import type { NotificationConfiguration as WireConfiguration, S3 } from '@aws-sdk/client-s3';
import type { HandlersOf } from '#gateway';
import { notImplemented } from '../errors.ts';
import type { LakeParts } from '../lake.ts';
import { checkSubscriptions, subscriptionsOf, withIds } from '../notifications/configuration.ts';
import { bucketOf } from './request.ts';

export function createNotificationHandlers({ buckets, notifications }: LakeParts): HandlersOf<S3> {
  return {
    GetBucketNotificationConfiguration(input, context) {
      const { name } = bucketOf(buckets, input, context);
      return buckets.findConfiguration<WireConfiguration>(name, 'notification') ?? {};
    },
    async PutBucketNotificationConfiguration(input, context) {
      const bucket = bucketOf(buckets, input, context);
      const configuration = withIds(input.NotificationConfiguration ?? {});
      const subscriptions = subscriptionsOf(configuration);
      checkSubscriptions(subscriptions, bucket.region);
      if (subscriptions.length > 0) {
        if (notifications === undefined) throw notImplemented('notifications without a dispatcher');
        if (input.SkipDestinationValidation !== true) {
          await notifications.test(bucket.name, context.requestId, subscriptions, context.signal);
        }
      }
      // Without a part there is nobody to tell, and looking for one must cost nothing.
      if (Object.keys(configuration).length === 0) await buckets.deleteConfiguration(bucket.name, 'notification');
      else await buckets.putConfiguration(bucket.name, 'notification', configuration);
      return {};
    },
  };
}
