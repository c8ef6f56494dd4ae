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
  /** The attributes hold secrets: they are masked wherever they would be shown. */
  readonly noEcho?: boolean;
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
  /** Aborted when nobody waits for the outcome any more: a step that only waits for somebody outside gives up then. */
  readonly patience?: AbortSignal;
  /** `stack-logicalid-RANDOM` cut to `maxLength`: the same for every try of the same step. */
  generatedName(options?: { maxLength?: number; lowerCase?: boolean }): string;
  /** For a creation that takes long: tells at once what is being made, so that it is seen and can be found again. */
  initiated?(physicalId: string): Promise<void>;
  /** An AWS operation as the stack's caller, through the dispatcher. */
  // oxlint-disable-next-line typescript/no-explicit-any -- the output's shape depends on the operation's name
  call(service: string, operation: string, input: object): Promise<any>;
}

export interface ResourceType {
  /** `AWS::Glue::Table` */
  readonly type: string;
  /**
   * Makes it. A name that is taken fails, generated or not: whether the thing is the step's own, from a try that a crash
   * cut short, is decided in one place, by the deployment.
   */
  create(properties: Properties, context: ResourceContext): Promise<ResourceState>;
  /**
   * The physical id that a creation leads to, by which a creation cut short is found again. Absent for a type whose
   * `create` may be repeated with the same token.
   */
  physicalIdOf?(properties: Properties, context: ResourceContext): string;
  /**
   * Absent: every change replaces the resource.
   * @param previous empty when the thing was taken over half-made, so that all of it has to be set
   */
  update?(physicalId: string, next: Properties, previous: Properties, context: ResourceContext): Promise<ResourceState>;
  /** Must succeed when the thing is gone already. */
  delete(physicalId: string, properties: Properties, context: ResourceContext): Promise<void>;
  /** The live properties, for drift; undefined when the thing is gone. Absent: drift is not checked. */
  read?(physicalId: string, properties: Properties, context: ResourceContext): Promise<Properties | undefined>;
}
