/**
 * A CloudFormation resource type: how a template's properties become a thing and how it goes away again. Properties
 * arrive with every intrinsic function resolved and checked against the type's schema under `models/resources/`.
 */
// Properties are data of a template; their shape is checked by schema, not by the compiler.
// oxlint-disable-next-line typescript/no-explicit-any
export type Properties = Readonly<Record<string, any>>;

/** What `Fn::GetAtt` can read, by attribute name (`Arn`, `Endpoint.Address`). */
export type ResourceAttributes = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export interface ResourceState {
  /** What `Ref` gives. */
  readonly physicalId: string;
  readonly attributes?: ResourceAttributes;
}

export interface ResourceContext {
  readonly stackId: string;
  readonly stackName: string;
  readonly logicalId: string;
  readonly accountId: string;
  readonly region: string;
  /** Tags of the stack. */
  readonly tags: Readonly<Record<string, string>>;
  /** The same for every try of the same step, so that a retry after a crash finds what it made. */
  readonly token: string;
  readonly signal: AbortSignal;
  /** `stack-logicalid-RANDOM` cut to `maxLength`: the same for every try of the same step. */
  generatedName(options?: { maxLength?: number; lowerCase?: boolean }): string;
  /** An AWS operation as the stack's caller, through the dispatcher. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the output's shape depends on the operation's name
  call(service: string, operation: string, input: object): Promise<any>;
}

export interface ResourceType {
  /** `AWS::Glue::Table` */
  readonly type: string;
  create(properties: Properties, context: ResourceContext): Promise<ResourceState>;
  /** Absent: every change replaces the resource. */
  update?(physicalId: string, next: Properties, previous: Properties, context: ResourceContext): Promise<ResourceState>;
  /** Must succeed when the thing is gone already. */
  delete(physicalId: string, properties: Properties, context: ResourceContext): Promise<void>;
  /** The live properties, for drift; undefined when the thing is gone. Absent: drift is not checked. */
  read?(physicalId: string, properties: Properties, context: ResourceContext): Promise<Properties | undefined>;
}
