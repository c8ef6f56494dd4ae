/**
 * The policy templates of the Serverless Application Model: names that stand for statements about one resource. A row
 * reads `service: actions -> resources`, then `if key value` where it holds on a condition. A resource is `*`, the last
 * part of an ARN of the service, `:::` and the rest of an ARN without region and account, `service>` and the last part
 * for another service, or `{Parameter}` alone for an ARN that is given.
 *
 * Limit: the templates for CodeCommit are not known.
 */
import type { Mapping, Value } from '../value.ts';

/** @returns undefined when there is no such template */
export function findPolicyTemplate(name: string): PolicyTemplate | undefined {
  const rows = Object.hasOwn(rowsByName, name) ? rowsByName[name] : undefined;
  return rows && new PolicyTemplate(rows);
}

export function policyTemplateNames(): string[] {
  return Object.keys(rowsByName);
}

class PolicyTemplate {
  readonly #rows: readonly string[];

  constructor(rows: readonly string[]) {
    this.#rows = rows;
  }

  parameters(): string[] {
    const names = this.#rows.flatMap((row) => [...row.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''));
    return [...new Set(names)];
  }

  /** The policy document. @param values by parameter; all that `parameters` names */
  document(values: Mapping): Mapping {
    return { Statement: this.#rows.map((row) => statementOf(row, values)) };
  }
}

function statementOf(row: string, values: Mapping): Mapping {
  const [, service = '', actions = '', resources = '', key, value = ''] =
    /^(\w+): (.+) -> (.+?)(?: if (\S+) (\S+))?$/.exec(row) ?? [];
  const places = resources.split(' ').map((place) => arnOf(place, service, values));
  return {
    Effect: 'Allow',
    Action: actions.split(' ').map((action) => `${service}:${action}`),
    Resource: places.length === 1 ? (places[0] ?? '*') : places,
    ...(key !== undefined && { Condition: { StringEquals: { [key]: arnOf(value, service, values) } } }),
  };
}

function arnOf(place: string, service: string, values: Mapping): Value {
  if (place === '*') return place;
  const [, other = service, rest = ''] = /^(?:(\w+)>)?(.*)$/.exec(place) ?? [];
  const names = [...rest.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const [first = ''] = names;
  if (rest === `{${first}}` && first.endsWith('Arn')) return values[first] ?? '';
  const prefix = rest.startsWith(':::') ? other : `${other}:\${AWS::Region}:\${AWS::AccountId}:`;
  const text = `arn:\${AWS::Partition}:${prefix}${rest.replaceAll('{', '${')}`;
  if (names.length === 0) return { 'Fn::Sub': text };
  return { 'Fn::Sub': [text, Object.fromEntries(names.map((name) => [name, values[name] ?? '']))] };
}

const rowsByName: Readonly<Record<string, readonly string[]>> = {
  AMIDescribePolicy: ['ec2: DescribeImages -> *'],
  AWSSecretsManagerGetSecretValuePolicy: ['secretsmanager: GetSecretValue -> {SecretArn}'],
  AWSSecretsManagerRotationPolicy: [
    'secretsmanager: DescribeSecret GetSecretValue PutSecretValue UpdateSecretVersionStage -> secret:* if secretsmanager:resource/AllowRotationLambdaArn lambda>function:{FunctionName}',
    'secretsmanager: GetRandomPassword -> *',
  ],
  AcmGetCertificatePolicy: ['acm: GetCertificate -> {CertificateArn}'],
  AthenaQueryPolicy: [
    'athena: ListWorkGroups GetExecutionEngine GetExecutionEngines GetNamespace GetCatalogs GetNamespaces GetTables GetTable -> *',
    'athena: StartQueryExecution GetQueryResults DeleteNamedQuery GetNamedQuery ListQueryExecutions StopQueryExecution GetQueryResultsStream ListNamedQueries CreateNamedQuery GetQueryExecution BatchGetNamedQuery BatchGetQueryExecution GetWorkGroup -> workgroup/{WorkGroupName}',
  ],
  CloudFormationDescribeStacksPolicy: ['cloudformation: DescribeStacks -> stack/*'],
  CloudWatchDashboardPolicy: ['cloudwatch: GetDashboard ListDashboards PutDashboard ListMetrics -> *'],
  CloudWatchDescribeAlarmHistoryPolicy: ['cloudwatch: DescribeAlarmHistory -> *'],
  CloudWatchPutMetricPolicy: ['cloudwatch: PutMetricData -> *'],
  CodePipelineLambdaExecutionPolicy: ['codepipeline: PutJobSuccessResult PutJobFailureResult -> *'],
  CodePipelineReadOnlyPolicy: ['codepipeline: ListPipelineExecutions -> {PipelineName}'],
  ComprehendBasicAccessPolicy: [
    'comprehend: BatchDetectKeyPhrases DetectDominantLanguage DetectEntities BatchDetectEntities DetectKeyPhrases DetectSentiment BatchDetectDominantLanguage BatchDetectSentiment -> *',
  ],
  CostExplorerReadOnlyPolicy: [
    'ce: GetCostAndUsage GetDimensionValues GetReservationCoverage GetReservationPurchaseRecommendation GetReservationUtilization GetTags -> *',
  ],
  DynamoDBBackupFullAccessPolicy: [
    'dynamodb: CreateBackup DescribeContinuousBackups -> table/{TableName}',
    'dynamodb: DeleteBackup DescribeBackup ListBackups -> table/{TableName}/backup/*',
  ],
  DynamoDBCrudPolicy: [
    'dynamodb: GetItem DeleteItem PutItem Scan Query UpdateItem BatchWriteItem BatchGetItem DescribeTable ConditionCheckItem -> table/{TableName} table/{TableName}/index/*',
  ],
  DynamoDBReadPolicy: [
    'dynamodb: GetItem Scan Query BatchGetItem DescribeTable -> table/{TableName} table/{TableName}/index/*',
  ],
  DynamoDBReconfigurePolicy: ['dynamodb: UpdateTable -> table/{TableName}'],
  DynamoDBRestoreFromBackupPolicy: [
    'dynamodb: RestoreTableFromBackup -> table/{TableName}/backup/*',
    'dynamodb: PutItem UpdateItem DeleteItem GetItem Query Scan BatchWriteItem -> table/{TableName}',
  ],
  DynamoDBStreamReadPolicy: [
    'dynamodb: DescribeStream GetRecords GetShardIterator -> table/{TableName}/stream/{StreamName}',
    'dynamodb: ListStreams -> table/{TableName}/stream/*',
  ],
  DynamoDBWritePolicy: ['dynamodb: PutItem UpdateItem BatchWriteItem -> table/{TableName} table/{TableName}/index/*'],
  EC2CopyImagePolicy: ['ec2: CopyImage -> image/{ImageId}'],
  EC2DescribePolicy: ['ec2: DescribeRegions DescribeInstances -> *'],
  EFSWriteAccessPolicy: [
    'elasticfilesystem: ClientMount ClientWrite -> file-system/{FileSystem} if elasticfilesystem:AccessPointArn access-point/{AccessPoint}',
  ],
  EKSDescribePolicy: ['eks: DescribeCluster ListClusters -> *'],
  EcsRunTaskPolicy: ['ecs: RunTask -> task-definition/{TaskDefinition}'],
  ElasticMapReduceAddJobFlowStepsPolicy: ['elasticmapreduce: AddJobFlowSteps -> cluster/{ClusterId}'],
  ElasticMapReduceCancelStepsPolicy: ['elasticmapreduce: CancelSteps -> cluster/{ClusterId}'],
  ElasticMapReduceModifyInstanceFleetPolicy: [
    'elasticmapreduce: ModifyInstanceFleet ListInstanceFleets -> cluster/{ClusterId}',
  ],
  ElasticMapReduceModifyInstanceGroupsPolicy: [
    'elasticmapreduce: ModifyInstanceGroups ListInstanceGroups -> cluster/{ClusterId}',
  ],
  ElasticMapReduceSetTerminationProtectionPolicy: ['elasticmapreduce: SetTerminationProtection -> cluster/{ClusterId}'],
  ElasticMapReduceTerminateJobFlowsPolicy: ['elasticmapreduce: TerminateJobFlows -> cluster/{ClusterId}'],
  ElasticsearchHttpPostPolicy: ['es: ESHttpPost ESHttpPut -> domain/{DomainName}/*'],
  EventBridgePutEventsPolicy: ['events: PutEvents -> event-bus/{EventBusName}'],
  FilterLogEventsPolicy: ['logs: FilterLogEvents -> log-group:{LogGroupName}:log-stream:*'],
  FirehoseCrudPolicy: [
    'firehose: CreateDeliveryStream DeleteDeliveryStream DescribeDeliveryStream PutRecord PutRecordBatch UpdateDestination -> deliverystream/{DeliveryStreamName}',
  ],
  FirehoseWritePolicy: ['firehose: PutRecord PutRecordBatch -> deliverystream/{DeliveryStreamName}'],
  KMSDecryptPolicy: ['kms: Decrypt -> key/{KeyId}'],
  KMSEncryptPolicy: ['kms: Encrypt -> key/{KeyId}'],
  KMSEncryptPolicy_v2: [
    'kms: Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext -> key/{KeyId}',
  ],
  KinesisCrudPolicy: [
    'kinesis: AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream DescribeStream DescribeStreamSummary GetShardIterator IncreaseStreamRetentionPeriod ListTagsForStream MergeShards PutRecord PutRecords SplitShard RemoveTagsFromStream -> stream/{StreamName}',
  ],
  KinesisStreamReadPolicy: [
    'kinesis: ListStreams DescribeLimits -> stream/*',
    'kinesis: DescribeStream DescribeStreamSummary GetRecords GetShardIterator -> stream/{StreamName}',
  ],
  LambdaInvokePolicy: ['lambda: InvokeFunction -> function:{FunctionName}*'],
  MobileAnalyticsWriteOnlyAccessPolicy: ['mobileanalytics: PutEvents -> *'],
  OrganizationsListAccountsPolicy: ['organizations: ListAccounts -> *'],
  PinpointEndpointAccessPolicy: [
    'mobiletargeting: GetEndpoint UpdateEndpoint UpdateEndpointsBatch -> apps/{PinpointApplicationId}/endpoints/*',
  ],
  PollyFullAccessPolicy: [
    'polly: GetLexicon DeleteLexicon -> lexicon/{LexiconName}',
    'polly: DescribeVoices ListLexicons PutLexicon SynthesizeSpeech -> lexicon/*',
  ],
  RekognitionDetectOnlyPolicy: ['rekognition: DetectFaces DetectLabels DetectModerationLabels DetectText -> *'],
  RekognitionFacesManagementPolicy: [
    'rekognition: IndexFaces DeleteFaces SearchFaces SearchFacesByImage ListFaces -> collection/{CollectionId}',
  ],
  RekognitionFacesPolicy: ['rekognition: CompareFaces DetectFaces -> *'],
  RekognitionLabelsPolicy: ['rekognition: DetectLabels DetectModerationLabels -> *'],
  RekognitionNoDataAccessPolicy: [
    'rekognition: CompareFaces DetectFaces DetectLabels DetectModerationLabels -> collection/{CollectionId}',
  ],
  RekognitionReadPolicy: [
    'rekognition: ListCollections ListFaces SearchFaces SearchFacesByImage -> collection/{CollectionId}',
  ],
  RekognitionWriteOnlyAccessPolicy: ['rekognition: CreateCollection IndexFaces -> collection/{CollectionId}'],
  Route53ChangeResourceRecordSetsPolicy: ['route53: ChangeResourceRecordSets -> :::hostedzone/{HostedZoneId}'],
  S3CrudPolicy: [
    's3: GetObject ListBucket GetBucketLocation GetObjectVersion PutObject PutObjectAcl GetLifecycleConfiguration PutLifecycleConfiguration DeleteObject -> :::{BucketName} :::{BucketName}/*',
  ],
  S3FullAccessPolicy: [
    's3: GetObject GetObjectAcl GetObjectVersion PutObject PutObjectAcl DeleteObject DeleteObjectTagging DeleteObjectVersionTagging GetObjectTagging GetObjectVersionTagging PutObjectTagging PutObjectVersionTagging -> :::{BucketName}/*',
    's3: ListBucket GetBucketLocation GetLifecycleConfiguration PutLifecycleConfiguration -> :::{BucketName}',
  ],
  S3ReadPolicy: [
    's3: GetObject ListBucket GetBucketLocation GetObjectVersion GetLifecycleConfiguration -> :::{BucketName} :::{BucketName}/*',
  ],
  S3WritePolicy: ['s3: PutObject PutObjectAcl PutLifecycleConfiguration -> :::{BucketName} :::{BucketName}/*'],
  SESBulkTemplatedCrudPolicy: [
    'ses: GetIdentityVerificationAttributes SendEmail SendRawEmail SendTemplatedEmail SendBulkTemplatedEmail VerifyEmailIdentity -> identity/{IdentityName}',
  ],
  SESBulkTemplatedCrudPolicy_v2: [
    'ses: SendEmail SendRawEmail SendTemplatedEmail SendBulkTemplatedEmail -> identity/{IdentityName} template/{TemplateName}',
    'ses: GetIdentityVerificationAttributes VerifyEmailIdentity -> *',
  ],
  SESCrudPolicy: [
    'ses: GetIdentityVerificationAttributes SendEmail SendRawEmail VerifyEmailIdentity -> identity/{IdentityName}',
  ],
  SESEmailTemplateCrudPolicy: [
    'ses: CreateTemplate GetTemplate ListTemplates UpdateTemplate DeleteTemplate TestRenderTemplate -> *',
  ],
  SESSendBouncePolicy: ['ses: SendBounce -> identity/{IdentityName}'],
  SNSCrudPolicy: ['sns: ListSubscriptionsByTopic CreateTopic SetTopicAttributes Subscribe Publish -> {TopicName}*'],
  SNSPublishMessagePolicy: ['sns: Publish -> {TopicName}'],
  SQSPollerPolicy: [
    'sqs: ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch GetQueueAttributes ReceiveMessage -> {QueueName}',
  ],
  SQSSendMessagePolicy: ['sqs: SendMessage* -> {QueueName}'],
  SSMParameterReadPolicy: [
    'ssm: DescribeParameters -> *',
    'ssm: GetParameters GetParameter GetParametersByPath -> parameter/{ParameterName}',
  ],
  SSMParameterWithSlashPrefixReadPolicy: [
    'ssm: DescribeParameters -> *',
    'ssm: GetParameters GetParameter GetParametersByPath -> parameter{ParameterName}',
  ],
  SageMakerCreateEndpointConfigPolicy: ['sagemaker: CreateEndpointConfig -> endpoint-config/{EndpointConfigName}'],
  SageMakerCreateEndpointPolicy: ['sagemaker: CreateEndpoint -> endpoint/{EndpointName}'],
  ServerlessRepoReadWriteAccessPolicy: [
    'serverlessrepo: CreateApplication CreateApplicationVersion UpdateApplication GetApplication ListApplications ListApplicationVersions ListApplicationDependencies -> applications/*',
  ],
  StepFunctionsCallbackPolicy: [
    'states: SendTaskFailure SendTaskHeartbeat SendTaskSuccess -> stateMachine:{StateMachineName}',
  ],
  StepFunctionsExecutionPolicy: ['states: StartExecution -> stateMachine:{StateMachineName}'],
  StepFunctionsExecutionPolicy_v2: ['states: StartExecution StartSyncExecution -> stateMachine:{StateMachineName}'],
  TextractDetectAnalyzePolicy: [
    'textract: DetectDocumentText StartDocumentTextDetection StartDocumentAnalysis AnalyzeDocument -> *',
  ],
  TextractGetResultPolicy: ['textract: GetDocumentTextDetection GetDocumentAnalysis -> *'],
  TextractPolicy: ['textract: * -> *'],
  VPCAccessPolicy: [
    'ec2: CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DetachNetworkInterface -> *',
  ],
};
