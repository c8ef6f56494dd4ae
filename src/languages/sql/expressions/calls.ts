/** Function calls: which form of a function fits, lambdas, aggregates with FILTER and ORDER BY, windows. */
import { SqlError, notSupported, typeMismatch } from '../errors.ts';
import type { FunctionForm, Rendered } from '../functions/definition.ts';
import { findForms, isRefused, similarFunction } from '../functions/registry.ts';
import {
  type Bindings,
  bind,
  fitsCount,
  parameterAt,
  type Pattern,
  type Signature,
  substitute,
} from '../functions/signature.ts';
import type { ExpressionOf, FunctionCall, Position } from '../tree/expressions.ts';
import { commonType } from '../types/coercion.ts';
import { toEngineType } from '../types/engine-type.ts';
import { formatType, sameType, type SqlType } from '../types/sql-type.ts';
import type { ExpressionTranslator } from './expressions.ts';
import { Scope } from '../translation/scope.ts';
import { specialForm } from './special-forms.ts';
import { coerce, typed, type Typed } from './typed.ts';
import { orderBySql, overSql } from './windows.ts';

export function translateCall(node: FunctionCall, translator: ExpressionTranslator): Typed {
  const special = specialForm(node, translator);
  if (special !== undefined) return special;
  const name = node.name.value;
  const forms = findForms(name);
  if (forms.length === 0) throw unknownFunction(node);
  const isAggregate = forms.some(({ form }) => form.kind === 'aggregate');
  const isWindow = forms.every(({ form }) => form.kind === 'window');
  refuseMisplaced(node, translator, isAggregate && node.over === undefined, isAggregate, isWindow);
  const { grouping } = translator.context;
  const groups = isAggregate && node.over === undefined && grouping !== undefined;
  if (groups) {
    grouping.isAggregated = true;
    grouping.inAggregate++;
  }
  try {
    return renderCall(node, translator, forms);
  } finally {
    if (groups) grouping.inAggregate--;
  }
}

function unknownFunction(node: FunctionCall): SqlError {
  const name = node.name.value;
  if (isRefused(name)) return notSupported(node.at, `the function '${name}'`);
  const near = similarFunction(name);
  const hint = near === undefined ? undefined : `Did you mean '${near}'?`;
  return new SqlError('FUNCTION_NOT_FOUND', node.at, `Function '${name}' not registered`, hint);
}

function refuseMisplaced(
  node: FunctionCall,
  translator: ExpressionTranslator,
  groups: boolean,
  isAggregate: boolean,
  isWindow: boolean,
): void {
  const { plainClause, grouping } = translator.context;
  const { at } = node;
  if ((groups || node.over !== undefined) && plainClause !== undefined) {
    throw new SqlError(
      'EXPRESSION_NOT_SCALAR',
      at,
      `${plainClause} cannot contain aggregations, window functions or grouping operations: [${node.name.text}]`,
    );
  }
  if (groups && grouping !== undefined && grouping.inAggregate > 0) {
    throw new SqlError('EXPRESSION_NOT_SCALAR', at, `Cannot nest aggregations inside aggregation '${node.name.text}'`);
  }
  if (isWindow && node.over === undefined)
    throw new SqlError('EXPRESSION_NOT_SCALAR', at, `Window function ${node.name.text} requires an OVER clause`);
  if (!isAggregate && !isWindow) {
    const extra =
      node.over !== undefined
        ? 'OVER'
        : node.filter !== undefined
          ? 'FILTER'
          : node.distinct
            ? 'DISTINCT'
            : node.orderBy.length > 0
              ? 'ORDER BY'
              : undefined;
    if (extra !== undefined)
      throw new SqlError(
        'INVALID_ARGUMENTS',
        at,
        `${extra} is not allowed in a call of the function '${node.name.text}'`,
      );
  }
  if (node.over !== undefined && grouping !== undefined) grouping.hasWindow = true;
}

type Form = { readonly form: FunctionForm; readonly signature: Signature };

function renderCall(node: FunctionCall, translator: ExpressionTranslator, forms: readonly Form[]): Typed {
  const plain = node.args.map((arg) => (arg.kind === 'lambda' ? undefined : translator.translate(arg)));
  const { form, args, result } = fit(node, translator, forms, plain);
  const { options } = translator.context.session;
  const session = {
    now: options.now,
    user: options.user,
    catalog: options.defaults.catalog,
    database: options.defaults.database,
  };
  const rendered: Rendered =
    typeof form.render === 'string'
      ? fill(form.render, args)
      : form.render({ name: form.name, args, result, at: node.at, session });
  const { sql, type } = typeof rendered === 'string' ? { sql: rendered, type: result } : rendered;
  if (form.kind === 'scalar') return typed(sql, type, node.at);
  const call = decorate(sql, node, translator);
  return typed(
    form.wrap === undefined
      ? call
      : form.wrap.replaceAll(/\$T?/g, (mark) => (mark === '$' ? call : toEngineType(type))),
    type,
    node.at,
  );
}

function fill(template: string, args: readonly Typed[]): string {
  return template.replaceAll(/\$(\d|\*)/g, (_, which: string) =>
    which === '*' ? args.map((arg) => arg.sql).join(', ') : (args[Number(which) - 1]?.sql ?? ''),
  );
}

/** Adds DISTINCT, ORDER BY, IGNORE NULLS, FILTER and OVER to the engine's call `name(args)`. */
function decorate(sql: string, node: FunctionCall, translator: ExpressionTranslator): string {
  const open = sql.indexOf('(');
  let call = sql;
  if (node.distinct) call = `${call.slice(0, open + 1)}DISTINCT ${call.slice(open + 1)}`;
  const inside: string[] = [];
  if (node.orderBy.length > 0) inside.push(`ORDER BY ${orderBySql(node.orderBy, translator)}`);
  if (node.nulls === 'ignore') inside.push('IGNORE NULLS');
  if (inside.length > 0) call = `${call.slice(0, -1)} ${inside.join(' ')})`;
  if (node.filter !== undefined)
    call += ` FILTER (WHERE ${translator.condition(node.filter, 'Filter expression').sql})`;
  return node.over === undefined ? call : `${call} OVER ${overSql(node.over, translator)}`;
}

/** The first form that fits without coercion, else the first that fits with it. */
function fit(
  node: FunctionCall,
  translator: ExpressionTranslator,
  forms: readonly Form[],
  plain: readonly (Typed | undefined)[],
): { form: FunctionForm; args: Typed[]; result: SqlType } {
  for (const exact of [true, false]) {
    for (const { form, signature } of forms) {
      if (!fitsCount(signature, plain.length)) continue;
      const bindings: Bindings = new Map();
      const fits = plain.every((arg, index) => {
        const pattern = parameterAt(signature, index) as Pattern;
        return arg === undefined
          ? pattern.kind === 'function'
          : pattern.kind !== 'function' && bind(pattern, arg.type, bindings, exact);
      });
      if (!fits) continue;
      const args = bindArguments(node, translator, signature, plain, bindings);
      return { form, args, result: substitute(signature.result, bindings) };
    }
  }
  const types = plain.map((arg) => (arg === undefined ? 'function' : formatType(arg.type))).join(', ');
  const expected = forms.map(({ form }) => describeForm(form)).join(', ');
  throw new SqlError(
    'FUNCTION_NOT_FOUND',
    node.at,
    `Unexpected parameters (${types}) for function ${node.name.value}. Expected: ${expected}`,
  );
}

/** What a type variable may be, for a message. */
const variableNames: Readonly<Record<string, string>> = { N: 'number', I: 'integer', M: 'date or timestamp' };

function describeForm(form: FunctionForm): string {
  const parameters = form.signature.split('->')[0]?.trim() ?? '';
  return `${form.name}(${parameters.replaceAll(/\b[NIM]\b/g, (letter) => variableNames[letter] ?? letter)})`;
}

function bindArguments(
  node: FunctionCall,
  translator: ExpressionTranslator,
  signature: Signature,
  plain: readonly (Typed | undefined)[],
  bindings: Bindings,
): Typed[] {
  const lambdas = new Map<number, Typed>();
  for (const [index, arg] of node.args.entries()) {
    if (arg.kind !== 'lambda') continue;
    const pattern = parameterAt(signature, index) as Extract<Pattern, { kind: 'function' }>;
    lambdas.set(index, translateLambda(arg, pattern, bindings, translator));
  }
  return plain.map((arg, index) => {
    const lambda = lambdas.get(index);
    if (lambda !== undefined) return lambda;
    const pattern = parameterAt(signature, index) as Pattern;
    return coerceTo(arg as Typed, substitute(pattern, bindings));
  });
}

/** A timestamp keeps its own precision and zone where the signature only says "timestamp". */
function coerceTo(arg: Typed, type: SqlType): Typed {
  const keeps =
    type.kind === 'timestamp' && arg.type.kind === 'timestamp' && type.withTimeZone === arg.type.withTimeZone;
  return keeps || (type.kind === arg.type.kind && type.kind === 'decimal') ? arg : coerce(arg, type);
}

function translateLambda(
  node: ExpressionOf<'lambda'>,
  pattern: Extract<Pattern, { kind: 'function' }>,
  bindings: Bindings,
  translator: ExpressionTranslator,
): Typed {
  if (node.parameters.length !== pattern.parameters.length) {
    throw typeMismatch(
      node.at,
      `Expected a lambda that takes ${pattern.parameters.length} argument(s) but got ${node.parameters.length}`,
    );
  }
  const { session, scope } = translator.context;
  const names = node.parameters.map(() => session.newName('p'));
  for (;;) {
    const columns = node.parameters.map((parameter, index) => ({
      name: parameter.value,
      label: parameter.text,
      sql: names[index] as string,
      type: substitute(pattern.parameters[index] as Pattern, bindings),
    }));
    const inner = translator.within(new Scope([{ qualifier: [], columns }], scope, 'lambda'));
    const body = inner.translate(node.body);
    const result = resultOf(body, pattern.result, bindings, node.at);
    // A running state may widen (0 is an integer, the sum a bigint): then the parameters' types change too.
    if (result.widened) continue;
    return typed(`lambda ${names.join(', ')}: ${coerce(body, result.type).sql}`, result.type, node.at);
  }
}

function resultOf(
  body: Typed,
  pattern: Pattern,
  bindings: Bindings,
  at: Position,
): { type: SqlType; widened: boolean } {
  if (pattern.kind !== 'variable') {
    const type = substitute(pattern, bindings);
    if (commonType(body.type, type) === undefined)
      throw typeMismatch(at, `the lambda must answer ${formatType(type)}, not ${formatType(body.type)}`);
    return { type, widened: false };
  }
  const bound = bindings.get(pattern.name);
  const type = bound === undefined ? body.type : commonType(bound, body.type);
  if (type === undefined)
    throw typeMismatch(
      at,
      `the lambda answers ${formatType(body.type)} where ${formatType(bound as SqlType)} is wanted`,
    );
  bindings.set(pattern.name, type);
  const widened = bound !== undefined && !sameType(bound, type) && toEngineType(bound) !== toEngineType(type);
  return { type, widened };
}
