/** Operations that show or check a template. */
import { type Draft, bindParameters, bindTemplate, draftTemplate, parseSource } from '#languages/template/index';
import { bindDesired } from '../deploy/desired-template.ts';
import { neededCapabilities } from '../intake/capabilities-needed.ts';
import type { ChangeSets } from '../change-sets.ts';
import { invalid } from '../errors.ts';
import { type Origin, originOf } from '../origin.ts';
import type { Desired, Stack } from '../stack.ts';
import type { Stacks } from '../stacks.ts';
import { type Operations, templateOf } from './submission.ts';

export function templateOperations(stacks: Stacks, changeSets: ChangeSets): Operations {
  return {
    GetTemplate(input, { scope }) {
      const { StackName: stackName, ChangeSetName: changeSetName } = input;
      if (changeSetName === undefined && stackName === undefined) throw invalid('StackName must be specified.');
      const found =
        changeSetName === undefined
          ? stacks.getStack(scope, stackName ?? '')
          : changeSets.get(changeSetName, stackName, scope);
      const stack = 'stackId' in found ? { id: found.stackId, name: found.stackName, scope } : found;
      return {
        TemplateBody:
          input.TemplateStage === 'Original' ? found.desired.templateText : processedText(stack, found.desired),
        StagesAvailable: ['Original', 'Processed'],
      };
    },
    async ValidateTemplate(input, context) {
      const origin = originOf(context);
      const draft = await stacks.preparation.draft(templateOf(input), origin);
      const { description, need } = looked(draft, origin);
      return {
        Parameters: [...draft.parameters.values()].map((parameter) => ({
          ParameterKey: parameter.name,
          DefaultValue: parameter.default,
          NoEcho: parameter.noEcho,
          Description: parameter.description,
        })),
        Description: description,
        Capabilities: [...need.capabilities],
        CapabilitiesReason: need.reason,
        DeclaredTransforms: [...draft.transforms],
      };
    },
    async GetTemplateSummary(input, context) {
      const origin = originOf(context);
      const { StackName: stackName } = input;
      const draft =
        stackName === undefined
          ? await stacks.preparation.draft(templateOf(input), origin)
          : draftTemplate(parseSource(stacks.getStack(context.scope, stackName).desired.templateText));
      const { description, need, types, metadata } = looked(draft, origin);
      return {
        Parameters: [...draft.parameters.values()].map((parameter) => ({
          ParameterKey: parameter.name,
          DefaultValue: parameter.default,
          ParameterType: parameter.type,
          NoEcho: parameter.noEcho,
          Description: parameter.description,
          ParameterConstraints: parameter.allowedValues && { AllowedValues: [...parameter.allowedValues] },
        })),
        Description: description,
        Capabilities: [...need.capabilities],
        CapabilitiesReason: need.reason,
        ResourceTypes: types,
        Version: '2010-09-09',
        Metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
        DeclaredTransforms: [...draft.transforms],
      };
    },
  };
}

/** The template as it is after its transforms; without any it is the text that was given. */
function processedText(stack: Pick<Stack, 'id' | 'name' | 'scope'>, desired: Desired): string {
  if (draftTemplate(parseSource(desired.templateText)).transforms.length === 0) return desired.templateText;
  return JSON.stringify(bindDesired(stack, desired).processed);
}

/** What can be told of a template without its parameters: those that have no default stand for any value. */
function looked(draft: Draft, origin: Origin) {
  const open = new Map(
    [...draft.parameters.values()].map((parameter) => [
      parameter.name,
      {
        name: parameter.name,
        type: /List/.test(parameter.type) ? 'CommaDelimitedList' : 'String',
        noEcho: parameter.noEcho,
        default: parameter.default ?? '',
      },
    ]),
  );
  const relaxed: Draft = { ...draft, parameters: open, sections: { ...draft.sections, Rules: {} } };
  const pseudo = {
    accountId: origin.accountId,
    region: origin.region,
    stackId: '',
    stackName: '',
    notificationArns: [],
  };
  const bound = bindTemplate(relaxed, bindParameters(open, new Map()), pseudo, { asWritten: true });
  return {
    description: bound.template.description,
    metadata: bound.template.metadata,
    types: [...new Set([...bound.template.resources.values()].map(({ type }) => type))],
    need: neededCapabilities(bound),
  };
}
