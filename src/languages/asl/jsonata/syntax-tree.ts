/** What the syntax tree of an expression tells: the variables it reads, and names that it takes from a context there is none of. */
import type { ExprNode } from 'jsonata';

/** A node as it is: the library's own type names only some of its members. */
type SyntaxNode = Readonly<Record<string, unknown>>;

/** Names of the variables of the machine that an expression reads: all `$name` that it neither binds itself nor calls. */
export function variablesIn(ast: ExprNode): readonly string[] {
  const read = new Set<string>();
  const bound = new Set(['', '$', 'states']);
  const called = new Set<unknown>();
  visit(ast, (node) => {
    if (node.type === 'function' || node.type === 'partial') called.add(node.procedure);
    if (node.type === 'bind') bound.add(nameOf(node.lhs));
    if (node.type === 'lambda') for (const parameter of node.arguments as object[]) bound.add(nameOf(parameter));
    if (typeof node.focus === 'string') bound.add(node.focus);
    if (typeof node.index === 'string') bound.add(node.index);
    if (node.type === 'variable' && !called.has(node)) read.add(nameOf(node));
  });
  return [...read].filter((name) => !bound.has(name));
}

/** Names that stand alone at the top level, where AWS offers no data. */
export function topLevelNames(ast: ExprNode): readonly string[] {
  const names = new Set<string>();
  collectTopLevel(ast as unknown as SyntaxNode, names);
  return [...names];
}

/** The members of a node whose expressions see the data that the node has found, not that of the node itself. */
const innerMembers = new Set(['predicate', 'stages', 'group', 'focus', 'index', 'terms', 'ancestor', 'tuple']);

function collectTopLevel(node: SyntaxNode, names: Set<string>): void {
  switch (node.type) {
    case 'name':
      names.add(String(node.value));
      return;
    case 'path': {
      const [first] = node.steps as SyntaxNode[];
      if (first) collectTopLevel(first, names);
      return;
    }
    case 'transform':
      return;
    default:
      for (const [member, value] of Object.entries(node)) {
        if (innerMembers.has(member)) continue;
        // Parameters of a function are names of its own.
        if (node.type === 'lambda' && member === 'arguments') continue;
        for (const inner of [value].flat(2)) {
          if (isNode(inner)) collectTopLevel(inner, names);
        }
      }
  }
}

function visit(node: unknown, see: (node: SyntaxNode) => void): void {
  if (typeof node !== 'object' || node === null || node instanceof RegExp) return;
  if (!Array.isArray(node)) see(node as SyntaxNode);
  for (const inner of Object.values(node)) visit(inner, see);
}

function nameOf(node: unknown): string {
  return String((node as { value?: unknown }).value);
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}
