/**
 * A template with values for its parameters: conditions decided, resources that are switched off taken out, references
 * checked, the order of deployment found. What is left open is only what deployment itself will tell.
 */
import { formatError, templateError, validationError } from './errors.ts';
import { Evaluator } from './evaluator.ts';
import { orderByDependency } from './graph.ts';
import { type Included, expandIncludes, includeLocations } from './includes.ts';
import { expandLoops } from './loops.ts';
import { type BoundParameters, type ParameterDefinition, readParameters } from './parameters.ts';
import { type Reference, collectReferences } from './references.ts';
import { type PseudoParameters, type ResourceView, type Scope, pseudoParameter } from './scope.ts';
import { expandServerless, serverlessTransform } from './sam/serverless.ts';
import { type SchemaLookup, checkProperties, hasAttribute } from './schema.ts';
import type { Source } from './source.ts';
import {
  type OutputDefinition,
  type ResourceDefinition,
  type Template,
  checkSections,
  languageExtensions,
  readTemplate,
  refuseNulls,
  transformsOf,
} from './template.ts';
import {
  type Mapping,
  type Resolved,
  type ResolvedMapping,
  Unknown,
  type Value,
  formatValue,
  isMapping,
  isScalar,
} from './value.ts';

/** A template as read, before anybody gave it parameters. */
export interface Draft {
  readonly source: Source;
  readonly sections: Mapping;
  readonly parameters: ReadonlyMap<string, ParameterDefinition>;
  readonly transforms: readonly string[];
}

export interface BoundResource extends Omit<ResourceDefinition, 'deletionPolicy' | 'updateReplacePolicy'> {
  /** Logical ids this one needs, by `DependsOn` or by reference. */
  readonly dependencies: readonly string[];
  readonly deletionPolicy: string;
  readonly updateReplacePolicy: string;
}

/** Values that come from outside the template while it is worked out. */
export interface Surroundings {
  resource(logicalId: string): ResourceView | undefined;
  exportValue(name: string): Resolved | undefined;
}

/** @throws ValidationError */
export function draftTemplate(source: Source): Draft {
  const sections = checkSections(source.value);
  const parameters = readParameters((sections['Parameters'] ?? {}) as Mapping);
  return { source, sections, parameters, transforms: transformsOf(sections) };
}

export interface BindOptions {
  /** Texts of the snippets that `snippetsOf` names. */
  readonly included?: Included;
  /** Only looks at the template as it was written: what transforms would make of it is left open. */
  readonly asWritten?: boolean;
}

/** @throws ValidationError for anything in the template that these parameters cannot make sense of */
export function bindTemplate(
  draft: Draft,
  parameters: BoundParameters,
  pseudo: PseudoParameters,
  { included = new Map(), asWritten = false }: BindOptions = {},
): BoundTemplate {
  const early = earlyScope(draft, parameters, pseudo);
  const whole = asWritten ? withoutCalls(draft.sections) : expandIncludes(draft.sections, early, included);
  const unrolled = expandLoops(whole, early);
  const isServerless = draft.transforms.includes(serverlessTransform) && !asWritten;
  const partition = String(pseudoParameter('AWS::Partition', pseudo));
  const expanded = isServerless ? expandServerless(unrolled, parameters.values, partition) : unrolled;
  if (isServerless) refuseNulls(expanded, []);
  const template = readTemplate(expanded);
  const { Transform: _applied, ...processed } = expanded;
  return new BoundTemplate({ template, processed }, draft, parameters, { ...early, mappings: template.mappings });
}

/** Where the snippets lie that the template includes. @throws ValidationError */
export function snippetsOf(draft: Draft, parameters: BoundParameters, pseudo: PseudoParameters): string[] {
  return includeLocations(draft.sections, earlyScope(draft, parameters, pseudo));
}

/** What a template can refer to before its resources are known. */
function earlyScope(draft: Draft, parameters: BoundParameters, pseudo: PseudoParameters): Scope {
  return {
    parameters: parameters.values,
    pseudo,
    mappings: (draft.sections['Mappings'] ?? {}) as Mapping,
    languageExtensions: draft.transforms.includes(languageExtensions),
    condition: (name) => {
      throw templateError(`a loop cannot depend on the condition ${name}.`);
    },
    resource: () => undefined,
    exportValue: () => undefined,
  };
}

function withoutCalls(value: Mapping): Mapping {
  const members = Object.entries(value).filter(([name]) => name !== 'Fn::Transform');
  return Object.fromEntries(members.map(([name, member]) => [name, isMapping(member) ? withoutCalls(member) : member]));
}

export class BoundTemplate {
  readonly template: Template;
  /** The template after its transforms, functions still in it. */
  readonly processed: Mapping;
  readonly parameters: BoundParameters;
  readonly definitions: ReadonlyMap<string, ParameterDefinition>;
  /** In the order in which they can be made. */
  readonly resources: ReadonlyMap<string, BoundResource>;
  readonly outputs: readonly OutputDefinition[];
  readonly #scope: Scope;
  readonly #conditions = new Map<string, boolean | 'open'>();

  constructor(
    { template, processed }: { template: Template; processed: Mapping },
    draft: Draft,
    parameters: BoundParameters,
    scope: Scope,
  ) {
    this.template = template;
    this.processed = processed;
    this.parameters = parameters;
    this.definitions = draft.parameters;
    this.#scope = { ...scope, condition: (name) => this.condition(name) };
    for (const name of Object.keys(template.conditions)) this.condition(name);
    this.resources = this.#bindResources();
    this.outputs = [...template.outputs.values()].filter((output) => this.#isOn(output.condition));
    this.#checkOutputs();
    this.#checkRules();
  }

  /** @throws ValidationError when the template has no such condition or it depends on itself */
  condition(name: string): boolean {
    const known = this.#conditions.get(name);
    if (known === 'open') throw templateError(`the condition ${name} depends on itself.`);
    if (known !== undefined) return known;
    const { conditions } = this.template;
    const definition = Object.hasOwn(conditions, name) ? conditions[name] : undefined;
    if (definition === undefined) {
      throw formatError(`Unresolved condition dependency ${name} in the Conditions block of the template`);
    }
    this.#conditions.set(name, 'open');
    const outcome = new Evaluator(this.#scope).holds(definition, ['Conditions', name]);
    this.#conditions.set(name, outcome);
    return outcome;
  }

  /** The properties of a resource, as far as `surroundings` tell. */
  properties(logicalId: string, surroundings: Surroundings, maskSecrets = false): ResolvedMapping {
    return this.#properties(logicalId, this.#evaluator(surroundings, maskSecrets));
  }

  #properties(logicalId: string, evaluator: Evaluator): ResolvedMapping {
    const resource = this.resources.get(logicalId);
    const outcome = evaluator.evaluate(resource?.properties ?? {}, ['Resources', logicalId, 'Properties']);
    if (isMapping(outcome)) return outcome;
    throw validationError(`[/Resources/${logicalId}/Properties] must be an object.`);
  }

  /** The CreationPolicy of a resource, parameters worked out; undefined when it has none. */
  creationPolicy(logicalId: string): Resolved | undefined {
    const policy = this.template.resources.get(logicalId)?.creationPolicy;
    if (policy === undefined) return undefined;
    return new Evaluator(this.#scope).evaluate(policy, ['Resources', logicalId, 'CreationPolicy']);
  }

  output(output: OutputDefinition, surroundings: Surroundings): { value: Resolved; exportName?: Resolved } {
    const evaluator = this.#evaluator(surroundings, false);
    const value = evaluator.argument(output.value, ['Outputs', output.key, 'Value']);
    if (output.exportName === undefined) return { value };
    return { value, exportName: evaluator.argument(output.exportName, ['Outputs', output.key, 'Export', 'Name']) };
  }

  /** Names of exports this template imports, as far as they are known before deployment. */
  imports(surroundings: Surroundings): string[] {
    const names = new Set<string>();
    const watching: Surroundings = {
      resource: (logicalId) => surroundings.resource(logicalId),
      exportValue: (name) => {
        names.add(name);
        return surroundings.exportValue(name);
      },
    };
    for (const logicalId of this.resources.keys()) this.properties(logicalId, watching);
    for (const output of this.outputs) this.output(output, watching);
    return [...names];
  }

  /**
   * Everything that can be told before a resource is made: types, properties, attributes, functions.
   * @throws ValidationError
   */
  check(schemas: SchemaLookup, exportValue: (name: string) => Resolved | undefined): void {
    const unknown = [...new Set([...this.resources.values()].map(({ type }) => type))].filter((type) => !schemas(type));
    if (unknown.length > 0) throw formatError(`Unrecognized resource types: [${unknown.join(', ')}]`);
    const surroundings: Surroundings = {
      resource: (logicalId) => this.unknownResource(logicalId, schemas),
      exportValue,
    };
    // One evaluator for all, so that the bound on what a template may expand to holds for the whole.
    const evaluator = this.#evaluator(surroundings, false);
    for (const [logicalId, { type }] of this.resources) {
      const schema = schemas(type);
      const properties = this.#properties(logicalId, evaluator);
      if (schema) checkProperties(schema, properties, ['Resources', logicalId, 'Properties']);
    }
    for (const output of this.outputs) this.output(output, surroundings);
  }

  /** The view of a resource before it exists: attributes of its type are unknown, others are not there. */
  unknownResource(logicalId: string, schemas: SchemaLookup): ResourceView | undefined {
    const resource = this.resources.get(logicalId);
    const schema = resource && schemas(resource.type);
    if (schema === undefined) return undefined;
    return {
      ref: new Unknown(logicalId),
      attribute: (name) => (hasAttribute(schema, name) ? new Unknown(`${logicalId}.${name}`) : undefined),
    };
  }

  #evaluator(surroundings: Surroundings, maskSecrets: boolean): Evaluator {
    const parameters = maskSecrets ? this.#maskedParameters() : this.#scope.parameters;
    return new Evaluator({
      ...this.#scope,
      parameters,
      resource: (logicalId) => (this.resources.has(logicalId) ? surroundings.resource(logicalId) : undefined),
      exportValue: (name) => surroundings.exportValue(name),
    });
  }

  #maskedParameters(): Scope['parameters'] {
    return new Map(
      [...this.#scope.parameters].map(([name, value]) => [name, this.definitions.get(name)?.noEcho ? '****' : value]),
    );
  }

  #isOn(condition: string | undefined): boolean {
    return condition === undefined || this.condition(condition);
  }

  #bindResources(): Map<string, BoundResource> {
    const active = [...this.template.resources.values()].filter((resource) => this.#isOn(resource.condition));
    const bound = new Map(active.map((resource) => [resource.logicalId, this.#bindResource(resource)]));
    const order = orderByDependency(new Map([...bound].map(([name, { dependencies }]) => [name, dependencies])));
    return new Map(
      order.flatMap((name): [string, BoundResource][] => {
        const resource = bound.get(name);
        return resource ? [[name, resource]] : [];
      }),
    );
  }

  #bindResource(resource: ResourceDefinition): BoundResource {
    const { logicalId } = resource;
    const references = collectReferences(resource.properties, ['Resources', logicalId, 'Properties'], (name) =>
      this.condition(name),
    );
    const strangers = references
      .filter((reference) => !this.#isKnown(reference))
      .map(({ name }) => name)
      .concat(resource.dependsOn.filter((name) => !this.template.resources.has(name)));
    if (strangers.length > 0) {
      const names = [...new Set(strangers)].join(', ');
      throw formatError(`Unresolved resource dependencies [${names}] in the Resources block of the template`);
    }
    const needed = [...resource.dependsOn, ...references.map(({ name }) => name)].filter((name) => {
      const target = this.template.resources.get(name);
      return target !== undefined && this.#isOn(target.condition);
    });
    return {
      ...resource,
      dependencies: [...new Set(needed)],
      deletionPolicy: this.#policy(resource, 'deletionPolicy', ['Delete', 'Retain', 'RetainExceptOnCreate']),
      updateReplacePolicy: this.#policy(resource, 'updateReplacePolicy', ['Delete', 'Retain']),
    };
  }

  #isKnown({ name, attribute }: Reference): boolean {
    if (this.template.resources.has(name)) return true;
    if (attribute !== undefined) return false;
    return (
      name === 'AWS::NoValue' || this.definitions.has(name) || pseudoParameter(name, this.#scope.pseudo) !== undefined
    );
  }

  #policy(resource: ResourceDefinition, member: 'deletionPolicy' | 'updateReplacePolicy', allowed: string[]): string {
    const declared: Value | undefined = resource[member];
    if (declared === undefined) return 'Delete';
    const name = member === 'deletionPolicy' ? 'DeletionPolicy' : 'UpdateReplacePolicy';
    const path = ['Resources', resource.logicalId, name];
    if (!isScalar(declared) && !this.#scope.languageExtensions) {
      throw formatError(`[/${path.join('/')}] must be a string.`);
    }
    const value = new Evaluator(this.#scope).evaluate(declared, path) ?? 'Delete';
    if (typeof value === 'string' && allowed.includes(value)) return value;
    throw formatError(
      `Unrecognized ${name} ${formatValue(value)} for resource ${resource.logicalId}: use ${allowed.join(', ')}.`,
    );
  }

  #checkOutputs(): void {
    for (const output of this.outputs) {
      const holds = (name: string): boolean => this.condition(name);
      const values = [output.value, ...(output.exportName === undefined ? [] : [output.exportName])];
      for (const reference of collectReferences(values, ['Outputs', output.key], holds)) {
        const isOff = this.template.resources.has(reference.name) && !this.resources.has(reference.name);
        if (this.#isKnown(reference) && !isOff) continue;
        throw formatError(`Unresolved resource dependencies [${reference.name}] in the Outputs block of the template`);
      }
    }
  }

  /** Rules: assertions on parameters, each under an optional condition. */
  #checkRules(): void {
    for (const [name, rule] of Object.entries(this.template.rules)) {
      if (!isMapping(rule) || !Array.isArray(rule['Assertions'])) {
        throw formatError(`[/Rules/${name}] needs a list of Assertions.`);
      }
      const evaluator = new Evaluator(this.#scope);
      const condition = rule['RuleCondition'];
      if (condition !== undefined && !evaluator.holds(condition, ['Rules', name, 'RuleCondition'])) continue;
      for (const [index, assertion] of (rule['Assertions'] as Value[]).entries()) {
        const test = isMapping(assertion) ? assertion['Assert'] : undefined;
        if (!isMapping(assertion) || test === undefined) {
          throw formatError(`[/Rules/${name}/Assertions/${index}] needs an Assert.`);
        }
        if (evaluator.holds(test, ['Rules', name, 'Assertions', index])) continue;
        const why = assertion['AssertDescription'] ?? `assertion ${index + 1} does not hold`;
        throw templateError(`Rule ${name} failed: ${formatValue(why)}`);
      }
    }
  }
}
