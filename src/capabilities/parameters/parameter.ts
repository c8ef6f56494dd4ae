/**
 * Parameters and the rules for their names, values, tiers and labels. Follows "Creating Parameter Store parameters"
 * and "Requirements and constraints for parameter names" of the Systems Manager user guide.
 */
import { findArn, formatArn } from '#kernel/arn';
import { RE2JS } from 're2js';
import { messageOf } from '#kernel/errors';
import { invalid, validation } from './errors.ts';

export type ParameterType = 'String' | 'StringList' | 'SecureString';
export type ParameterTier = 'Standard' | 'Advanced';

/** One version of a parameter. */
export interface ParameterVersion {
  readonly name: string;
  readonly version: number;
  readonly type: ParameterType;
  readonly tier: ParameterTier;
  readonly dataType: string;
  /** Sealed when the type is SecureString. */
  readonly storedValue: string;
  readonly modifiedMs: number;
  /** ARN of who wrote this version. */
  readonly modifiedBy: string;
  readonly labels: readonly string[];
  readonly description?: string;
  readonly keyId?: string;
  readonly allowedPattern?: string;
}

// Limit: 15 levels and 1,011 characters of name, 4 KiB of value (8 KiB in the advanced tier), 100 versions, 10 labels.
const levelsMax = 15;
const nameCharactersMax = 1011;
const valueBytesMax: Record<ParameterTier, number> = { Standard: 4096, Advanced: 8192 };
export const versionsMax = 100;
export const labelsMax = 10;

/** @throws ValidationException or HierarchyLevelLimitExceededException saying which rule the name breaks */
export function checkName(name: string): string {
  if (!/^[\w.\-/]+$/.test(name) || name.length > nameCharactersMax) {
    throw validation(
      `Parameter name '${name.slice(0, 80)}' is not valid: use 1 to ${nameCharactersMax} of the characters a-zA-Z0-9_.-/ and slashes between levels.`,
    );
  }
  if (name.includes('/') && !name.startsWith('/')) {
    throw validation(`Parameter name: must be a fully qualified name. Write '/${name}'.`);
  }
  if (name.endsWith('/') || name.includes('//')) {
    throw validation(`Parameter name '${name}' has an empty level. Take the extra slash out.`);
  }
  if (/^\/?(?:aws|ssm)/i.test(name)) {
    throw validation(`Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive). Rename '${name}'.`);
  }
  if (name.split('/').length - 1 > levelsMax) {
    throw invalid(
      'HierarchyLevelLimitExceededException',
      `'${name}' has more than ${levelsMax} levels. Flatten the hierarchy.`,
    );
  }
  return name;
}

export interface Selector {
  readonly name: string;
  /** A version number or a label, as written behind the colon. */
  readonly wanted?: string;
}

/** Reads `name`, `name:3`, `name:label` or the ARN of a parameter with the same endings. */
export function parseSelector(text: string): Selector {
  const resource = findArn(text)?.resource;
  const local = resource === undefined ? text : localName(resource.replace(/^parameter\//, ''));
  const colon = local.indexOf(':');
  return colon === -1 ? { name: local } : { name: local.slice(0, colon), wanted: local.slice(colon + 1) };
}

/** An ARN drops the leading slash of a hierarchy and keeps none for a plain name. */
function localName(name: string): string {
  return name.includes('/') && !name.startsWith('/') ? `/${name}` : name;
}

export function parameterArn(scope: string, name: string): string {
  const [accountId = '', region = ''] = scope.split('/');
  return formatArn({ service: 'ssm', region, accountId, resource: `parameter/${name.replace(/^\//, '')}` });
}

/**
 * The tier that holds a value.
 * @throws ValidationException when the value is too large for the tier that was asked for
 */
export function tierFor(asked: string | undefined, value: string, before: ParameterTier | undefined): ParameterTier {
  const sizeBytes = Buffer.byteLength(value);
  const isLarge = sizeBytes > valueBytesMax.Standard;
  const tier =
    asked === 'Advanced' || before === 'Advanced' || (isLarge && asked === 'Intelligent-Tiering')
      ? 'Advanced'
      : 'Standard';
  if (sizeBytes <= valueBytesMax[tier]) return tier;
  throw validation(
    tier === 'Standard'
      ? `Standard tier parameters support a maximum parameter value of 4096 characters; this one has ${sizeBytes}. To create a larger parameter value, use the Advanced tier.`
      : `Advanced tier parameters support a maximum parameter value of 8192 characters; this one has ${sizeBytes}.`,
  );
}

/** @throws ParameterPatternMismatchException when the value does not match, InvalidAllowedPatternException when the pattern is none */
export function checkAllowedPattern(pattern: string | undefined, value: string): void {
  if (pattern === undefined || pattern === '') return;
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(pattern);
  } catch (error) {
    throw invalid('InvalidAllowedPatternException', `'${pattern}' is not a regular expression: ${messageOf(error)}.`);
  }
  if (!regex.matcher(value).find()) {
    throw invalid(
      'ParameterPatternMismatchException',
      `Parameter value does not match the allowed pattern '${pattern}'.`,
    );
  }
}

/** Labels start with no digit and with neither `aws` nor `ssm`, and have at most 100 letters, digits, `_ . -`. */
export function isLabel(label: string): boolean {
  return /^[A-Za-z_.-][\w.-]{0,99}$/.test(label) && !/^(?:aws|ssm)/i.test(label);
}

/** Whether `name` stands below `path`: in it, or with `recursive` anywhere under it. */
export function isUnder(name: string, path: string, recursive: boolean): boolean {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  const full = name.startsWith('/') ? name : `/${name}`;
  if (!full.startsWith(prefix)) return false;
  return recursive || !full.slice(prefix.length).includes('/');
}
