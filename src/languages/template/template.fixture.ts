/** Templates worked out as a deployment would, with resources that are made up. */
import { type BoundTemplate, bindTemplate, draftTemplate } from './bound-template.ts';
import { bindParameters } from './parameters.ts';
import { type PseudoParameters } from './scope.ts';
import type { ResourceSchema, SchemaLookup } from './schema.ts';
import { parseSource } from './source.ts';
import type { ResolvedMapping } from './value.ts';

export const pseudo: PseudoParameters = {
  accountId: '123456789012',
  region: 'eu-west-1',
  stackId: 'arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1',
  stackName: 'shop',
  notificationArns: [],
};

export const widget: ResourceSchema = {
  type: 'Test::Shop::Widget',
  identifier: ['Name'],
  attributes: ['Arn', 'Outputs.*'],
  properties: {
    Name: { type: 'string', replacement: 'always' },
    Kind: { type: 'string', replacement: 'conditional' },
    Size: { type: 'integer' },
    Ratio: { type: 'number' },
    Enabled: { type: 'boolean' },
    Parts: { type: 'list<Part>' },
    Names: { type: 'list<string>' },
    Labels: { type: 'map<string>' },
    Policy: { type: 'json | string' },
    Link: { type: 'string' },
    Spec: { type: 'Spec' },
  },
  definitions: {
    Spec: { Id: { type: 'string', replacement: 'always' }, Note: { type: 'string' } },
    Part: { Label: { type: 'string', required: true }, Weight: { type: 'number' } },
  },
};

export const schemas: SchemaLookup = (type) => (type === widget.type ? widget : undefined);

export function bind(
  text: string,
  parameters: Record<string, string> = {},
  stored: Record<string, string> = {},
): BoundTemplate {
  const draft = draftTemplate(parseSource(text));
  const given = new Map(Object.entries(parameters));
  return bindTemplate(draft, bindParameters(draft.parameters, given, new Map(Object.entries(stored))), pseudo);
}

/** Every resource exists: `Ref` gives `<id>-1` and `Arn` gives `arn:<id>`. */
export const made = {
  resource: (logicalId: string) => ({
    ref: `${logicalId}-1`,
    attribute: (name: string) => (name === 'Arn' ? `arn:${logicalId}` : undefined),
  }),
  exportValue: (name: string) => (name === 'shared-value' ? 'imported' : undefined),
};

/** The properties of the resource `It`. */
export function resolve(text: string, parameters: Record<string, string> = {}): ResolvedMapping {
  return bind(text, parameters).properties('It', made);
}

/** A template whose one resource has this property `Link`. */
export function linkOf(value: string, head = ''): unknown {
  const text = `${head}\nResources:\n  Other: { Type: Test::Shop::Widget }\n  It:\n    Type: Test::Shop::Widget\n    Properties:\n      Link: ${value}\n`;
  return resolve(text)['Link'];
}
