/** What S3 does its own way within REST with XML bodies. */
import type { HttpResponse } from '../../api.ts';
import type { Operation } from '../../model/model.ts';
import type { Answer, Protocol, WireError } from '../protocol.ts';
import { createRest } from './rest.ts';
import { xmlBodies, xmlDeclaration } from './rest-xml.ts';
import { element, escapeText } from '../xml-values.ts';

const namespaceUri = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** Root elements of answers, by operation (S3 API Reference, "Response syntax" of each). */
const rootNames: Readonly<Record<string, string>> = {
  CompleteMultipartUpload: 'CompleteMultipartUploadResult',
  CopyObject: 'CopyObjectResult',
  CreateMultipartUpload: 'InitiateMultipartUploadResult',
  DeleteObjects: 'DeleteResult',
  GetBucketAccelerateConfiguration: 'AccelerateConfiguration',
  GetBucketAcl: 'AccessControlPolicy',
  GetBucketCors: 'CORSConfiguration',
  GetBucketEncryption: 'ServerSideEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 'LifecycleConfiguration',
  GetBucketLogging: 'BucketLoggingStatus',
  GetBucketNotificationConfiguration: 'NotificationConfiguration',
  GetBucketOwnershipControls: 'OwnershipControls',
  GetBucketPolicyStatus: 'PolicyStatus',
  GetBucketReplication: 'ReplicationConfiguration',
  GetBucketRequestPayment: 'RequestPaymentConfiguration',
  GetBucketTagging: 'Tagging',
  GetBucketVersioning: 'VersioningConfiguration',
  GetBucketWebsite: 'WebsiteConfiguration',
  GetObjectAcl: 'AccessControlPolicy',
  GetObjectAttributes: 'GetObjectAttributesResponse',
  GetObjectTagging: 'Tagging',
  GetPublicAccessBlock: 'PublicAccessBlockConfiguration',
  ListBuckets: 'ListAllMyBucketsResult',
  ListBucketAnalyticsConfigurations: 'ListBucketAnalyticsConfigurationResult',
  ListBucketIntelligentTieringConfigurations: 'ListBucketIntelligentTieringConfigurationsOutput',
  ListBucketInventoryConfigurations: 'ListInventoryConfigurationsResult',
  ListBucketMetricsConfigurations: 'ListMetricsConfigurationsResult',
  ListDirectoryBuckets: 'ListAllMyDirectoryBucketsResult',
  ListMultipartUploads: 'ListMultipartUploadsResult',
  ListObjectVersions: 'ListVersionsResult',
  ListObjects: 'ListBucketResult',
  ListObjectsV2: 'ListBucketResult',
  ListParts: 'ListPartsResult',
  UploadPartCopy: 'CopyPartResult',
};

export function createS3(): Protocol {
  return createRest({
    family: 's3',
    ...xmlBodies({
      rootName: ({ name }) => rootNames[name] ?? `${name}Result`,
      namespace: () => namespaceUri,
      payloadName: ({ traits, name }) => traits.locationName ?? name,
    }),
    finish,
    encodeError,
  });
}

function finish(operation: Operation, response: HttpResponse, output: Record<string, unknown>): HttpResponse {
  switch (operation.name) {
    // The region stands alone as the root, without the structure around it.
    case 'GetBucketLocation': {
      const region = escapeText((output['LocationConstraint'] as string | undefined) ?? '');
      const body = xmlDeclaration + element('LocationConstraint', ` xmlns="${namespaceUri}"`, region);
      return { ...response, body };
    }
    case 'GetBucketPolicy':
      return { ...response, headers: { ...response.headers, 'content-type': 'application/json' } };
    case 'GetObject':
    case 'HeadObject':
      return output['ContentRange'] === undefined ? response : { ...response, status: 206 };
    default:
      return response;
  }
}

function encodeError(error: WireError, { requestId, resource }: Answer): HttpResponse {
  const { headers, ...members } = splitDetails(error);
  if (error.status === 304) return { status: 304, headers };
  const details = Object.entries(members.details).map(([name, value]) => element(name, '', escapeText(value)));
  const inner = [
    element('Code', '', escapeText(error.code)),
    element('Message', '', escapeText(error.message)),
    ...details,
    ...('Resource' in members.details ? [] : [element('Resource', '', escapeText(resource))]),
    element('RequestId', '', requestId),
  ];
  const body = xmlDeclaration + element('Error', '', inner.join(''));
  return { status: error.status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** Details in lower case with a dash are headers (`x-amz-delete-marker`, `etag`); the others stand in the body. */
function splitDetails(error: WireError): { headers: Record<string, string>; details: Record<string, string> } {
  const headers: Record<string, string> = {};
  const details: Record<string, string> = {};
  for (const [name, value] of Object.entries(error.details)) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    if (/^[a-z][a-z0-9-]*$/.test(name)) headers[name] = String(value);
    else details[name] = String(value);
  }
  return { headers, details };
}
