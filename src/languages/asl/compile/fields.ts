/** Reads the fields of one valid state as expressions of its query language. */
import { Constant } from '../constant.ts';
import { isIntrinsic } from '../intrinsics/intrinsic.ts';
import { expressionIn, JsonataExpression } from '../jsonata/jsonata-expression.ts';
import type { JsonataLibrary } from '../jsonata/library.ts';
import type { Expression, Flow, Json, JsonObject, QueryLanguage, ReferencePath } from '../machine.ts';
import { IntrinsicExpression } from '../intrinsics/intrinsic-expression.ts';
import { PathExpression } from '../paths/path-expression.ts';
import { parseReferencePath } from '../paths/reference-path-writer.ts';
import { DynamicValue, PayloadTemplate } from '../template/payload-template.ts';

export interface CompileEnvironment {
  /** Of the machine: what states without one of their own have. */
  readonly queryLanguage: QueryLanguage;
  readonly jsonata: JsonataLibrary | undefined;
  /** A branch or an item processor. */
  readonly compileFlow: (definition: JsonObject) => Flow;
}

export class Fields {
  readonly object: JsonObject;
  readonly queryLanguage: QueryLanguage;
  private readonly jsonata: JsonataLibrary | undefined;
  /** Before the names of fields, such as `Catch[0]/`. */
  private readonly prefix: string;

  constructor(object: JsonObject, queryLanguage: QueryLanguage, jsonata: JsonataLibrary | undefined, prefix = '') {
    this.object = object;
    this.queryLanguage = queryLanguage;
    this.jsonata = jsonata;
    this.prefix = prefix;
  }

  get isJsonata(): boolean {
    return this.queryLanguage === 'JSONata';
  }

  /** The fields of an object within. */
  within(object: JsonObject, prefix: string): Fields {
    return new Fields(object, this.queryLanguage, this.jsonata, `${this.prefix}${prefix}/`);
  }

  text(name: string): string | undefined {
    return this.object[name] as string | undefined;
  }

  number(name: string): number | undefined {
    return this.object[name] as number | undefined;
  }

  /** `InputPath`, `OutputPath`: null stands for an empty object. */
  nullablePath(name: string): Expression | null | undefined {
    const value = this.object[name];
    return value === undefined || value === null ? value : this.path(name);
  }

  /** A field whose text is a path or an intrinsic function. */
  path(name: string): Expression | undefined {
    const source = this.text(name);
    if (source === undefined) return undefined;
    return isIntrinsic(source) ? new IntrinsicExpression(source, name) : new PathExpression(source, name);
  }

  resultPath(): ReferencePath | null | undefined {
    const value = this.object.ResultPath;
    return value === undefined || value === null ? value : parseReferencePath(value as string);
  }

  /** A payload template. */
  template(name: string): Expression | undefined {
    const value = this.object[name];
    return value === undefined ? undefined : new PayloadTemplate(value, name);
  }

  /** A JSONata value: an expression, or anything with expressions in it. */
  value(name: string): Expression | undefined {
    const value = this.object[name];
    if (value === undefined) return undefined;
    return new JsonataExpression(value, this.prefix + name, this.jsonata);
  }

  /** `Output`, `Arguments` or `Parameters` by language. */
  payload(jsonpathName: string, jsonataName: string): Expression | undefined {
    return this.isJsonata ? this.value(jsonataName) : this.template(jsonpathName);
  }

  /** `Seconds` and its like: a constant, or `SecondsPath`, or in JSONata an expression. */
  constantOrPath(name: string): Expression | undefined {
    const value = this.object[name];
    if (value === undefined) return this.isJsonata ? undefined : this.path(`${name}Path`);
    if (this.isJsonata && expressionIn(value) !== undefined) return this.value(name);
    return new Constant(value, name);
  }

  assign(): ReadonlyMap<string, Expression> | undefined {
    const value = this.object.Assign;
    if (value === undefined) return undefined;
    return new Map(Object.entries(value as JsonObject).map(([name, inner]) => this.assignment(name, inner)));
  }

  private assignment(name: string, value: Json): [string, Expression] {
    if (this.isJsonata) return [name, new JsonataExpression(value, `${this.prefix}Assign/${name}`, this.jsonata)];
    if (!name.endsWith('.$')) return [name, new PayloadTemplate(value, name)];
    return [name.slice(0, -2), new DynamicValue(value as string, name)];
  }
}
