/**
 * The AWS service models, read from `models/` when a service is first called.
 *
 * A shape resolves its members when they are first asked for, so that a call pays for the shapes of its own operation
 * and not for the 1,900 of its service. Recursive shapes come out as cycles of the same objects.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { invariant } from '#kernel/errors';

export type ShapeType =
  | 'structure'
  | 'list'
  | 'map'
  | 'string'
  | 'integer'
  | 'long'
  | 'float'
  | 'double'
  | 'boolean'
  | 'timestamp'
  | 'blob';

export type TimestampFormat = 'iso8601' | 'rfc822' | 'unixTimestamp';

/** What a model says about a shape or about one use of it; the use wins where both speak. */
interface Traits {
  readonly locationName?: string;
  readonly queryName?: string;
  readonly location?: 'uri' | 'header' | 'headers' | 'querystring' | 'statusCode';
  readonly flattened?: boolean;
  readonly streaming?: boolean;
  readonly sensitive?: boolean;
  readonly timestampFormat?: TimestampFormat;
  readonly xmlAttribute?: boolean;
  readonly xmlNamespace?: string | { readonly uri: string; readonly prefix?: string };
  readonly idempotencyToken?: boolean;
  readonly jsonvalue?: boolean;
  readonly eventpayload?: boolean;
  readonly eventheader?: boolean;
}

interface RawReference extends Traits {
  readonly shape: string;
}

interface RawShape extends Traits {
  readonly type: ShapeType;
  readonly members?: Readonly<Record<string, RawReference>>;
  readonly required?: readonly string[];
  readonly member?: RawReference;
  readonly key?: RawReference;
  readonly value?: RawReference;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly payload?: string;
  readonly union?: boolean;
  readonly document?: boolean;
  readonly exception?: boolean;
  readonly fault?: boolean;
  readonly eventstream?: boolean;
  readonly event?: boolean;
  readonly error?: {
    readonly code?: string;
    readonly httpStatusCode?: number;
    readonly senderFault?: boolean;
    readonly fault?: boolean;
  };
}

interface RawOperation {
  readonly name: string;
  readonly http: { readonly method: string; readonly requestUri: string; readonly responseCode?: number };
  readonly input?: RawReference;
  readonly output?: RawReference & { readonly resultWrapper?: string };
  readonly errors?: readonly RawReference[];
  readonly authtype?: string;
  readonly auth?: readonly string[];
  readonly readonly?: boolean;
  readonly deprecated?: boolean;
  readonly endpoint?: { readonly hostPrefix?: string };
}

export interface ServiceMetadata {
  readonly apiVersion: string;
  readonly endpointPrefix: string;
  readonly signingName?: string;
  readonly protocol: string;
  readonly protocols?: readonly string[];
  readonly serviceId: string;
  readonly jsonVersion?: string;
  readonly targetPrefix?: string;
  readonly xmlNamespace?: string | { readonly uri: string };
  readonly awsQueryCompatible?: object;
}

export interface Paginator {
  readonly input_token: string | readonly string[];
  readonly output_token: string | readonly string[];
  readonly limit_key?: string;
  readonly result_key: string | readonly string[];
  readonly more_results?: string;
}

/** The JSON of a file under `models/`. */
export interface RawModel {
  readonly metadata: ServiceMetadata;
  readonly operations: Readonly<Record<string, RawOperation>>;
  readonly paginators?: Readonly<Record<string, Paginator>>;
  readonly shapes: Readonly<Record<string, RawShape>>;
}

/** One use of a shape: a member of a structure, the item of a list, the key or value of a map, a whole input. */
export class Member {
  readonly name: string;
  readonly shape: Shape;
  /** Traits of the use over those of the shape. */
  readonly traits: Traits;
  /** The name on the wire; one that the shape itself bears counts only where the shape is a whole body. */
  readonly wireName: string;

  constructor(name: string, reference: RawReference, shape: Shape) {
    this.name = name;
    this.shape = shape;
    this.traits = { ...shape.raw, ...reference };
    this.wireName = reference.locationName ?? name;
  }
}

export class Shape {
  readonly name: string;
  readonly raw: RawShape;
  readonly #model: ServiceModel;
  #members: ReadonlyMap<string, Member> | undefined;

  constructor(name: string, raw: RawShape, model: ServiceModel) {
    this.name = name;
    this.raw = raw;
    this.#model = model;
  }

  get type(): ShapeType {
    return this.raw.type;
  }

  /** Any JSON value: neither checked nor changed. */
  get isDocument(): boolean {
    return this.raw.document === true;
  }

  get members(): ReadonlyMap<string, Member> {
    this.#members ??= new Map(
      Object.entries(this.raw.members ?? {}).map(([name, reference]) => [name, this.#model.member(name, reference)]),
    );
    return this.#members;
  }

  /** The member that is the whole body. */
  get payload(): Member | undefined {
    return this.raw.payload === undefined ? undefined : this.members.get(this.raw.payload);
  }

  get item(): Member {
    invariant(this.raw.member !== undefined, `Shape ${this.name} is not a list.`);
    return this.#model.member('member', this.raw.member);
  }

  get key(): Member {
    invariant(this.raw.key !== undefined, `Shape ${this.name} is not a map.`);
    return this.#model.member('key', this.raw.key);
  }

  get value(): Member {
    invariant(this.raw.value !== undefined, `Shape ${this.name} is not a map.`);
    return this.#model.member('value', this.raw.value);
  }
}

export class Operation {
  readonly name: string;
  readonly raw: RawOperation;
  readonly model: ServiceModel;
  readonly input: Member | undefined;
  readonly output: Member | undefined;

  constructor(raw: RawOperation, model: ServiceModel) {
    this.name = raw.name;
    this.raw = raw;
    this.model = model;
    this.input = raw.input && model.member(raw.name, raw.input);
    this.output = raw.output && model.member(raw.name, raw.output);
  }

  /** The input member that arrives as a stream. */
  get streamingInput(): Member | undefined {
    const payload = this.input?.shape.payload;
    return payload?.traits.streaming === true && payload.shape.type === 'blob' ? payload : undefined;
  }

  /** Whether a caller without credentials may call it (`AssumeRoleWithWebIdentity`). */
  get isAnonymous(): boolean {
    return this.raw.authtype === 'none';
  }

  /** Whether the call changes nothing: said by the model, or by the verb that its name begins with. */
  get isReadOnly(): boolean {
    return this.raw.readonly === true || /^(Get|List|Describe|Head|BatchGet|Search|Lookup|Query)/.test(this.name);
  }
}

export class ServiceModel {
  readonly name: string;
  readonly metadata: ServiceMetadata;
  readonly operationNames: readonly string[];
  readonly paginators: Readonly<Record<string, Paginator>>;
  readonly #raw: RawModel;
  readonly #operations = new Map<string, Operation>();
  readonly #shapes = new Map<string, Shape>();
  #errors: ReadonlyMap<string, Shape> | undefined;

  constructor(name: string, raw: RawModel) {
    this.name = name;
    this.metadata = raw.metadata;
    this.operationNames = Object.keys(raw.operations);
    this.paginators = raw.paginators ?? {};
    this.#raw = raw;
  }

  /** The XML namespace of answers; undefined where the service has none. */
  get xmlNamespace(): string | undefined {
    const { xmlNamespace } = this.metadata;
    return typeof xmlNamespace === 'object' ? xmlNamespace.uri : xmlNamespace;
  }

  get protocols(): readonly string[] {
    return this.metadata.protocols ?? [this.metadata.protocol];
  }

  get signingName(): string {
    return this.metadata.signingName ?? this.metadata.endpointPrefix;
  }

  findOperation(name: string): Operation | undefined {
    const known = this.#operations.get(name);
    if (known !== undefined) return known;
    if (!Object.hasOwn(this.#raw.operations, name)) return undefined;
    const operation = new Operation(this.#raw.operations[name]!, this);
    this.#operations.set(name, operation);
    return operation;
  }

  shape(name: string): Shape {
    let shape = this.#shapes.get(name);
    if (shape === undefined) {
      const raw = this.#raw.shapes[name];
      invariant(raw !== undefined, `The model of ${this.name} has no shape ${name}.`);
      shape = new Shape(name, raw, this);
      this.#shapes.set(name, shape);
    }
    return shape;
  }

  member(name: string, reference: RawReference): Member {
    return new Member(name, reference, this.shape(reference.shape));
  }

  /** An error's shape by the code that clients of the query protocol see, or by its shape's name. */
  findError(code: string): Shape | undefined {
    this.#errors ??= new Map(
      Object.entries(this.#raw.shapes)
        .filter(([, raw]) => raw.exception === true)
        .flatMap(([name, raw]): [string, Shape][] => {
          const shape = this.shape(name);
          return [
            [name, shape],
            [raw.error?.code ?? name, shape],
          ];
        }),
    );
    return this.#errors.get(code);
  }
}

/** What `models/index.json` says of a service. */
export interface ServiceSummary {
  readonly signingName: string;
  readonly targetPrefix?: string;
  readonly apiVersion: string;
  readonly protocols: readonly string[];
}

/** The models of a folder, read lazily. */
export class ModelLibrary {
  readonly summaries: ReadonlyMap<string, ServiceSummary>;
  readonly #folder: string;
  readonly #models = new Map<string, ServiceModel>();

  /** @param extra models beside those of the folder, by name, for tests */
  constructor(folder: string = findModelsFolder(), extra: Readonly<Record<string, RawModel>> = {}) {
    const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as Record<string, ServiceSummary>;
    const summaries = new Map(Object.entries(index));
    this.#folder = folder;
    for (const [name, raw] of Object.entries(extra)) {
      const model = new ServiceModel(name, raw);
      this.#models.set(name, model);
      summaries.set(name, { ...raw.metadata, signingName: model.signingName, protocols: model.protocols });
    }
    this.summaries = summaries;
  }

  find(service: string): ServiceModel | undefined {
    const loaded = this.#models.get(service);
    if (loaded !== undefined || !this.summaries.has(service)) return loaded;
    const raw = JSON.parse(readFileSync(join(this.#folder, `${service}.json`), 'utf8')) as RawModel;
    const model = new ServiceModel(service, raw);
    this.#models.set(service, model);
    return model;
  }
}

/** The `models` folder of the package, whether this file runs from `src/` or bundled from `dist/`. */
export function findModelsFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'models');
    if (existsSync(join(candidate, 'index.json'))) return candidate;
    invariant(folder !== dirname(folder), 'The folder models/ is missing from the installation.');
  }
}
