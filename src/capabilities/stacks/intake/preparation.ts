/** From a request to something that can be deployed: the template read, given its parameters and checked. No effect. */
import type { Dispatcher } from '#gateway';
import { findArn } from '#kernel/arn';
import {
  type BoundTemplate,
  type Draft,
  type SchemaLookup,
  bindParameters,
  bindTemplate,
  draftTemplate,
  isStoredParameter,
  parseSource,
  snippetsOf,
  storedNames,
} from '#languages/template/index';
import { checkCapabilities } from './capabilities-needed.ts';
import { invalid } from '../errors.ts';
import { type Origin, callAs } from '../origin.ts';
import type { Desired, Stack } from '../stack.ts';
import type { Store } from '../store.ts';
import { type TemplateSource, readTemplateText } from './template-source.ts';

export interface GivenParameter {
  readonly key: string;
  readonly value?: string | undefined;
  readonly usePrevious: boolean;
}

/** What a caller asks a stack to be. Members left out of an update keep their value. */
export interface Submission {
  readonly template: TemplateSource;
  readonly usePreviousTemplate: boolean;
  readonly parameters: readonly GivenParameter[];
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly capabilities?: readonly string[] | undefined;
  readonly notificationArns?: readonly string[] | undefined;
  readonly roleArn?: string | undefined;
  /** Types the caller allows, `AWS::S3::*` included; absent: all. */
  readonly resourceTypes?: readonly string[] | undefined;
}

export interface Prepared {
  readonly desired: Desired;
  readonly bound: BoundTemplate;
}

export class Preparation {
  readonly #dispatcher: Dispatcher;
  readonly #schemas: SchemaLookup;
  readonly #store: Store;

  constructor(dispatcher: Dispatcher, schemas: SchemaLookup, store: Store) {
    this.#dispatcher = dispatcher;
    this.#schemas = schemas;
    this.#store = store;
  }

  /** @throws ValidationError */
  async draft(template: TemplateSource, origin: Origin): Promise<Draft> {
    return draftTemplate(parseSource(await readTemplateText(template, this.#dispatcher, origin)));
  }

  /**
   * @param stack the one it is for, with what it was before if it exists already
   * @throws ValidationError, InsufficientCapabilitiesException
   */
  async prepare(
    submission: Submission,
    stack: Pick<Stack, 'id' | 'name' | 'scope'> & { desired?: Desired },
    origin: Origin,
    viaChangeSet: boolean,
  ): Promise<Prepared> {
    const previous = stack.desired;
    const templateText = await this.#textOf(submission, previous, origin);
    const draft = draftTemplate(parseSource(templateText));
    const given = givenValues(submission.parameters, draft, previous);
    const stored = await this.#lookUp(storedNames(draft.parameters, given), origin);
    const parameters = bindParameters(draft.parameters, given, stored);
    const notificationArns = submission.notificationArns ?? previous?.notificationArns ?? [];
    checkTopics(notificationArns);
    const pseudo = {
      accountId: origin.accountId,
      region: origin.region,
      stackId: stack.id,
      stackName: stack.name,
      notificationArns,
    };
    const included = await this.#readSnippets(snippetsOf(draft, parameters, pseudo), origin);
    const bound = bindTemplate(draft, parameters, pseudo, { included });
    bound.check(this.#schemas, (name) => this.#store.read.findExport(origin.scope, name)?.value);
    checkTypes(bound, submission.resourceTypes);
    const capabilities = submission.capabilities ?? [];
    checkCapabilities(bound, capabilities, viaChangeSet);
    const roleArn = submission.roleArn ?? previous?.roleArn;
    const { description } = bound.template;
    return {
      bound,
      desired: {
        templateText,
        ...(description !== undefined && { description }),
        parameters: Object.fromEntries(parameters.given),
        maskedParameters: [...draft.parameters.values()].filter(({ noEcho }) => noEcho).map(({ name }) => name),
        storedParameters: [...draft.parameters.values()].filter(isStoredParameter).map(({ name }) => name),
        stored: Object.fromEntries(stored),
        ...(included.size > 0 && { included: Object.fromEntries(included) }),
        tags: checkedTags(submission.tags ?? previous?.tags ?? {}),
        capabilities,
        notificationArns,
        ...(roleArn !== undefined && { roleArn }),
      },
    };
  }

  async #textOf(submission: Submission, previous: Desired | undefined, origin: Origin): Promise<string> {
    if (!submission.usePreviousTemplate) return readTemplateText(submission.template, this.#dispatcher, origin);
    if (previous === undefined) throw invalid('UsePreviousTemplate needs a stack that has a template already.');
    if (submission.template.body !== undefined || submission.template.url !== undefined) {
      throw invalid('Give either UsePreviousTemplate or a template, not both.');
    }
    return previous.templateText;
  }

  async #readSnippets(locations: readonly string[], origin: Origin): Promise<Map<string, string>> {
    const texts = new Map<string, string>();
    for (const url of locations) texts.set(url, await readTemplateText({ url }, this.#dispatcher, origin));
    return texts;
  }

  /** Values of the parameter store, ten names a call. */
  async #lookUp(names: readonly string[], origin: Origin): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (let start = 0; start < names.length; start += 10) {
      const input = { Names: [...new Set(names.slice(start, start + 10))] };
      const answer = (await this.#dispatcher.call('ssm', 'GetParameters', input, callAs(origin))) as {
        Parameters?: { Name?: string; Type?: string; Value?: string }[];
      };
      for (const { Name, Type, Value } of answer.Parameters ?? []) {
        if (Type === 'SecureString')
          throw invalid(
            `Parameters [${Name}] referenced by template have types not supported by CloudFormation: SecureString.`,
          );
        if (Name !== undefined && Value !== undefined) found.set(Name, Value);
      }
    }
    const missing = names.filter((name) => !found.has(name));
    if (missing.length === 0) return found;
    throw invalid(`Unable to fetch parameters [${missing.join(', ')}] from parameter store for this account.`);
  }
}

function givenValues(
  parameters: readonly GivenParameter[],
  draft: Draft,
  previous: Desired | undefined,
): Map<string, string> {
  const given = new Map<string, string>();
  for (const { key, value, usePrevious } of parameters) {
    if (given.has(key)) throw invalid(`The parameter ${key} is given twice.`);
    if (usePrevious && value !== undefined) {
      throw invalid(
        `Invalid input for parameter key ${key}. Cannot specify usePreviousValue as true and non empty value for a parameter`,
      );
    }
    const before =
      previous !== undefined && Object.hasOwn(previous.parameters, key) ? previous.parameters[key] : undefined;
    const text = usePrevious ? (before ?? draft.parameters.get(key)?.default) : value;
    if (text === undefined) {
      throw invalid(
        usePrevious
          ? `Invalid input for parameter key ${key}. It has no previous value.`
          : `Parameter ${key} has no value.`,
      );
    }
    given.set(key, text);
  }
  return given;
}

function checkTypes(bound: BoundTemplate, allowed: readonly string[] | undefined): void {
  if (allowed === undefined || allowed.length === 0) return;
  const isAllowed = (type: string): boolean =>
    allowed.some((pattern) => pattern === type || (pattern.endsWith('*') && type.startsWith(pattern.slice(0, -1))));
  const refused = [...bound.resources.values()].find(({ type }) => !isAllowed(type));
  if (refused === undefined) return;
  throw invalid(`Resource type ${refused.type} is not allowed by parameter ResourceTypes [${allowed.join(', ')}]`);
}

function checkedTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const reserved = Object.keys(tags).find((key) => key.toLowerCase().startsWith('aws:'));
  if (reserved !== undefined) throw invalid(`The tag ${reserved} is reserved: keys must not begin with aws:.`);
  if (Object.keys(tags).length > 50) throw invalid(`A stack takes at most 50 tags, not ${Object.keys(tags).length}.`);
  return tags;
}

function checkTopics(arns: readonly string[]): void {
  const stranger = arns.find((arn) => findArn(arn)?.service !== 'sns');
  if (stranger !== undefined) throw invalid(`NotificationARNs: '${stranger}' is not the ARN of a topic.`);
}
