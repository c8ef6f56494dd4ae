/** The S3 API of the lake: all handlers, one file per noun. */
import type { ServiceApi } from '#gateway';
import type { LakeParts } from '../lake.ts';
import { crossOriginHeaders } from './browser-routes.ts';
import { createBucketSettingHandlers } from './bucket-settings.ts';
import { createBucketHandlers } from './buckets.ts';
import { createListingHandlers } from './listing.ts';
import { createMultipartHandlers } from './multipart.ts';
import { createNotificationHandlers } from './notifications.ts';
import { createReadingHandlers } from './reading.ts';
import { createTaggingHandlers } from './tagging.ts';
import { createWritingHandlers } from './writing.ts';

export function createS3Api(parts: LakeParts): ServiceApi {
  return {
    service: 's3',
    operations: {
      ...createBucketHandlers(parts),
      ...createBucketSettingHandlers(parts),
      ...createListingHandlers(parts),
      ...createMultipartHandlers(parts),
      ...createNotificationHandlers(parts),
      ...createReadingHandlers(parts),
      ...createTaggingHandlers(parts),
      ...createWritingHandlers(parts),
    },
    responseHeaders: (request) => crossOriginHeaders(parts, request),
  };
}
