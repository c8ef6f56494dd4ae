/** What the expressions of a definition must be: paths, intrinsic functions, payload templates, JSONata. */
import { PathSyntaxError } from '#languages/jsonpath/index';
import { IntrinsicSyntaxError } from '../intrinsics/call-parser.ts';
import { isIntrinsic, parseIntrinsic } from '../intrinsics/intrinsic.ts';
import { expressionIn } from '../jsonata/jsonata-expression.ts';
import { compileJsonata, JsonataSyntaxError, type JsonataLibrary } from '../jsonata/library.ts';
import { topLevelNames } from '../jsonata/syntax-tree.ts';
import type { Json } from '../machine.ts';
import { parseReferencePath } from '../paths/reference-path-writer.ts';
import { parseSourcePath } from '../paths/source-path.ts';
import type { Diagnostics } from './diagnostics.ts';
import { isObject, type Check } from './field-rule.ts';

// Limit: the name of a variable has at most 80 characters, as in AWS.
const variableName = /^[\p{ID_Start}_][\p{ID_Continue}\u200c\u200d]{0,79}$/u;

/** Reports what is wrong with the expressions of one machine. */
export class ExpressionRules {
  private readonly jsonata: JsonataLibrary | undefined;
  private readonly diagnostics: Diagnostics;

  constructor(jsonata: JsonataLibrary | undefined, diagnostics: Diagnostics) {
    this.jsonata = jsonata;
    this.diagnostics = diagnostics;
  }

  /** A field that holds a path to read. */
  readonly path: Check = (value, { report }) => {
    if (!this.readsPath(value)) report('Value is not a valid JSONPath');
  };

  readonly pathOrIntrinsic: Check = (value, { report }) => {
    if (!this.readsDynamic(value)) report('Value is not a valid JSONPath or intrinsic function');
  };

  readonly nullablePath: Check = (value, place) => {
    if (value !== null) this.pathOrIntrinsic(value, place);
  };

  readonly referencePath: Check = (value, { report }) => {
    if (value === null) return;
    try {
      parseReferencePath(value as string);
    } catch {
      report('Value is not a Reference Path');
    }
  };

  /** A payload template of JSONPath, or any value with JSONata in it. */
  readonly payload: Check = (value, place) => {
    if (place.queryLanguage === 'JSONata') return this.jsonataValue(value, place.location);
    this.template(value, place.location, place.location);
  };

  readonly jsonataOnly: Check = (value, { location }) => this.jsonataValue(value, location);

  /** In JSONata an expression, else what `check` says. */
  constantOr(check: Check): Check {
    return (value, place) => {
      if (place.queryLanguage === 'JSONata' && expressionIn(value) !== undefined)
        this.jsonataValue(value, place.location);
      else check(value, place);
    };
  }

  readonly assignments: Check = (value, place) => {
    const { report, location } = place;
    if (!isObject(value)) return report('Expected value of type Object');
    for (const [name, inner] of Object.entries(value)) {
      const isDynamic = place.queryLanguage === 'JSONPath' && name.endsWith('.$');
      const variable = isDynamic ? name.slice(0, -2) : name;
      if (!variableName.test(variable)) report(`Invalid variable name '${variable}'`);
      else if (variable === 'states') report(`'${variable}' is a reserved variable name`);
      if (isDynamic) this.dynamicMember(name, inner, location);
      else if (place.queryLanguage === 'JSONata') this.jsonataValue(inner, `${location}/${name}`);
      else this.template(inner, location, `${location}/${name}`);
    }
  };

  private readsPath(value: Json): boolean {
    if (typeof value !== 'string') return false;
    try {
      parseSourcePath(value);
      return true;
    } catch (error) {
      if (error instanceof PathSyntaxError) return false;
      throw error;
    }
  }

  private readsDynamic(value: Json): boolean {
    if (typeof value !== 'string' || !isIntrinsic(value)) return this.readsPath(value);
    try {
      parseIntrinsic(value);
      return true;
    } catch (error) {
      if (error instanceof IntrinsicSyntaxError) return false;
      throw error;
    }
  }

  /** @param location of the whole template, @param here of this part */
  private template(value: Json, location: string, here: string): void {
    if (Array.isArray(value)) {
      for (const [index, item] of (value as readonly Json[]).entries())
        this.template(item, location, `${here}[${index}]`);
    } else if (isObject(value)) {
      for (const [name, inner] of Object.entries(value)) {
        if (name.endsWith('.$')) this.dynamicMember(name, inner, location);
        else this.template(inner, location, `${here}/${name}`);
      }
    } else if (typeof value === 'string' && looksDynamic(value)) {
      const message = 'The value looks like a JSONPath or intrinsic function, but the field name does not end with .$';
      this.diagnostics.warning('NO_DOLLAR', message, here);
    }
  }

  private dynamicMember(name: string, value: Json, location: string): void {
    if (this.readsDynamic(value)) return;
    this.diagnostics.schema(
      `The value for the field '${name}' must be a valid JSONPath or a valid intrinsic function call`,
      location,
    );
  }

  private jsonataValue(value: Json, location: string): void {
    const source = expressionIn(value);
    if (source !== undefined) {
      if (this.jsonata) this.jsonataText(source, location, this.jsonata);
    } else if (Array.isArray(value)) {
      for (const [index, item] of (value as readonly Json[]).entries())
        this.jsonataValue(item, `${location}[${index}]`);
    } else if (isObject(value)) {
      for (const [name, inner] of Object.entries(value)) this.jsonataValue(inner, `${location}/${name}`);
    }
  }

  private jsonataText(source: string, location: string, library: JsonataLibrary): void {
    try {
      const { ast } = compileJsonata(library, source);
      for (const name of topLevelNames(ast)) {
        const message = `Reference to '${name}' at the top level is not supported.`;
        this.diagnostics.error('UNSUPPORTED_JSONATA_EXPRESSION', message, location);
      }
    } catch (error) {
      if (!(error instanceof JsonataSyntaxError)) throw error;
      this.diagnostics.error('INVALID_JSONATA_EXPRESSION', error.message, location);
    }
  }
}

/** Whether a plain text looks as if it was meant to be evaluated. */
export function looksDynamic(value: string): boolean {
  return /^\$(?:\$?[.[]|\$?$)/.test(value) || /^States\.[A-Za-z0-9]+\(.*\)$/.test(value);
}
