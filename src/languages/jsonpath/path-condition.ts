/** Whether the condition of a filter holds for one value. Values of different types are neither equal nor ordered. */
import { isDeepStrictEqual } from 'node:util';
import { RE2JS } from 're2js';
import type { Condition, Operand } from './path.ts';

export class PathCondition {
  private readonly valueOf: (operand: Operand, current: unknown) => unknown;

  constructor(valueOf: (operand: Operand, current: unknown) => unknown) {
    this.valueOf = valueOf;
  }

  holds(condition: Condition, current: unknown): boolean {
    switch (condition.kind) {
      case 'and':
        return condition.parts.every((part) => this.holds(part, current));
      case 'or':
        return condition.parts.some((part) => this.holds(part, current));
      case 'not':
        return !this.holds(condition.part, current);
      case 'exists': {
        const value = this.valueOf({ kind: 'path', path: condition.path }, current);
        return value !== undefined && (condition.path.isDefinite || (Array.isArray(value) && value.length > 0));
      }
      case 'compare':
        return this.compare(
          condition.operator,
          this.valueOf(condition.left, current),
          this.valueOf(condition.right, current),
        );
    }
  }

  private compare(operator: string, left: unknown, right: unknown): boolean {
    switch (operator) {
      case '==':
      case '===':
        return left !== undefined && isDeepStrictEqual(left, right);
      case '!=':
      case '!==':
        return !isDeepStrictEqual(left, right);
      case '<':
        return inOrder(left, right, (order) => order < 0);
      case '<=':
        return inOrder(left, right, (order) => order <= 0);
      case '>':
        return inOrder(left, right, (order) => order > 0);
      case '>=':
        return inOrder(left, right, (order) => order >= 0);
      case '=~':
        return typeof left === 'string' && right instanceof RE2JS && right.matches(left);
      default:
        return compareMembers(operator, left, right);
    }
  }
}

function inOrder(left: unknown, right: unknown, test: (order: number) => boolean): boolean {
  if (typeof left === 'number' && typeof right === 'number') return test(left - right);
  if (typeof left === 'string' && typeof right === 'string') return test(left < right ? -1 : left > right ? 1 : 0);
  return false;
}

function compareMembers(operator: string, left: unknown, right: unknown): boolean {
  const includes = (list: unknown, item: unknown): boolean =>
    Array.isArray(list) && list.some((member) => isDeepStrictEqual(member, item));
  switch (operator) {
    case 'in':
      return includes(right, left);
    case 'nin':
      return left !== undefined && !includes(right, left);
    case 'subsetof':
      return Array.isArray(left) && left.every((item) => includes(right, item));
    case 'anyof':
      return Array.isArray(left) && left.some((item) => includes(right, item));
    case 'noneof':
      return Array.isArray(left) && !left.some((item) => includes(right, item));
    case 'contains':
      return typeof left === 'string' ? typeof right === 'string' && left.includes(right) : includes(left, right);
    case 'startswith':
      return typeof left === 'string' && typeof right === 'string' && left.startsWith(right);
    case 'endswith':
      return typeof left === 'string' && typeof right === 'string' && left.endsWith(right);
    case 'size':
      return (Array.isArray(left) || typeof left === 'string') && left.length === right;
    default:
      return (Array.isArray(left) || typeof left === 'string') && (left.length === 0) === right;
  }
}
