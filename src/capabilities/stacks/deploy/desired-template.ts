/** The template behind what a stack shall be, worked out against what the stack has. */
import {
  type BoundResource,
  type BoundTemplate,
  type Resolved,
  type ResolvedMapping,
  type ResourceView,
  type Surroundings,
  bindParameters,
  bindTemplate,
  checkProperties,
  draftTemplate,
  parseSource,
} from '#languages/template/index';
import { isCustomType } from '../custom-type.ts';
import { accountOf, type Desired, type Output, type Stack, type StackResource } from '../stack.ts';
import type { Records } from '../store.ts';
import type { Wanted } from './resource-row.ts';
import type { Site } from './site.ts';

/** @throws ValidationError when the text cannot be worked out any more */
export function bindDesired(stack: Pick<Stack, 'id' | 'name' | 'scope'>, desired: Desired): BoundTemplate {
  const draft = draftTemplate(parseSource(desired.templateText));
  const given = new Map(Object.entries(desired.parameters));
  const parameters = bindParameters(draft.parameters, given, new Map(Object.entries(desired.stored)));
  const pseudo = {
    ...accountOf(stack.scope),
    stackId: stack.id,
    stackName: stack.name,
    notificationArns: desired.notificationArns,
  };
  return bindTemplate(draft, parameters, pseudo, { included: new Map(Object.entries(desired.included ?? {})) });
}

/** A resource as others see it by `Ref` and `Fn::GetAtt`; undefined until it is made. */
function viewOfRow(row: StackResource | undefined, maskSecrets: boolean): ResourceView | undefined {
  if (row?.physicalId === undefined) return undefined;
  return {
    ref: row.physicalId,
    attribute(name) {
      if (!Object.hasOwn(row.attributes, name)) {
        return isCustomType(row.type) ? undefined : (row.properties as ResolvedMapping)[name];
      }
      return maskSecrets && row.noEcho ? '*****' : row.attributes[name];
    },
  };
}

/** What a template sees around it: the resources made so far, and the exports of other stacks. */
export function surroundingsOf(stack: Stack, records: Records, maskSecrets = false): Surroundings {
  return {
    resource: (name) => viewOfRow(records.findResource(stack.id, name), maskSecrets),
    exportValue: (name) => records.findExport(stack.scope, name)?.value,
  };
}

/** @throws ValidationError when a function or a property does not work out */
export function wantedOf(site: Site, stack: Stack, bound: BoundTemplate, resource: BoundResource): Wanted {
  const { logicalId, type, metadata, deletionPolicy, updateReplacePolicy, dependencies } = resource;
  const surroundings = surroundingsOf(stack, site.store.read);
  const resolved = bound.properties(logicalId, surroundings);
  const schema = site.schemas(type);
  const properties = schema ? checkProperties(schema, resolved, ['Resources', logicalId, 'Properties']) : resolved;
  const masked = surroundingsOf(stack, site.store.read, true);
  const shownProperties = JSON.stringify(bound.properties(logicalId, masked, true));
  return {
    logicalId,
    type,
    properties,
    shownProperties,
    deletionPolicy,
    updateReplacePolicy,
    dependencies,
    ...(metadata !== undefined && { metadata }),
  };
}

/** @throws ValidationError when an output does not work out */
export function outputsOf(stack: Stack, bound: BoundTemplate, records: Records): Output[] {
  const surroundings = surroundingsOf(stack, records);
  return bound.outputs.map((output) => {
    const { value, exportName } = bound.output(output, surroundings);
    return {
      key: output.key,
      value: textOf(value),
      ...(output.description !== undefined && { description: output.description }),
      ...(exportName !== undefined && { exportName: textOf(exportName) }),
    };
  });
}

function textOf(value: Resolved): string {
  if (Array.isArray(value)) return value.map((item: Resolved) => textOf(item)).join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
