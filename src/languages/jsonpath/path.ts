/** A JSONPath as a tree, in the dialect of Step Functions (Jayway's, which extends Goessner's). */

import type { RE2JS } from 're2js';

export interface Path {
  /** Without the leading `$`. */
  readonly segments: readonly Segment[];
  /** Whether it names one place, so that finding nothing is an error and not an empty list. */
  readonly isDefinite: boolean;
}

export type Segment =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'indexes'; readonly indexes: readonly number[] }
  | { readonly kind: 'slice'; readonly from: number | undefined; readonly to: number | undefined }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'filter'; readonly condition: Condition; readonly source: string }
  /** `..`: the value itself and all that lies in it. */
  | { readonly kind: 'descendants' }
  | { readonly kind: 'function'; readonly name: string; readonly operands: readonly Operand[] };

export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'exists'; readonly path: RootedPath }
  | { readonly kind: 'compare'; readonly operator: string; readonly left: Operand; readonly right: Operand };

export type Operand =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'pattern'; readonly pattern: RE2JS }
  | { readonly kind: 'path'; readonly path: RootedPath };

/** `@…` starts at the value under test, `$…` at the document. */
export interface RootedPath extends Path {
  readonly root: '@' | '$';
}

/** Whether a path names exactly one place by names and positions only: what may be written to. */
export function isReferencePath(path: Path): boolean {
  return path.segments.every(
    (segment) =>
      (segment.kind === 'names' && segment.names.length === 1) ||
      (segment.kind === 'indexes' && segment.indexes.length === 1),
  );
}

/** As Jayway writes it in its messages: `$['a'][0]['b']`. */
export function formatPath(segments: readonly Segment[]): string {
  return `$${segments.map(formatSegment).join('')}`;
}

export function formatSegment(segment: Segment): string {
  switch (segment.kind) {
    case 'names':
      return `[${segment.names.map((name) => `'${name}'`).join(',')}]`;
    case 'indexes':
      return `[${segment.indexes.join(',')}]`;
    case 'slice':
      return `[${segment.from ?? ''}:${segment.to ?? ''}]`;
    case 'wildcard':
      return '[*]';
    case 'filter':
      return `[?(${segment.source})]`;
    case 'descendants':
      return '..';
    case 'function':
      return `.${segment.name}()`;
  }
}
