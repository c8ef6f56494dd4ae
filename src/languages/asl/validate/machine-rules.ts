/** One strict validator for whole machines and for single states: what AWS refuses, by AWS's codes and places. */
import type { DuplicateName, ParsedJson } from '../json-text.ts';
import type { JsonataLibrary } from '../jsonata/library.ts';
import type { Json, JsonObject, QueryLanguage } from '../machine.ts';
import type { CompileOptions } from '../validation.ts';
import type { Diagnostics } from './diagnostics.ts';
import { ExpressionRules } from './expression-rules.ts';
import { anything, integer, isObject, nonEmptyText, object, oneOf } from './field-rule.ts';
import { checkFields } from './field-check.ts';
import { checkTransitions } from './flow-rules.ts';
import { secondsMax, type FieldRules } from './state-fields.ts';
import { StateRules } from './state-rules.ts';

const flowFields: FieldRules = {
  StartAt: { check: nonEmptyText, isRequired: true },
  States: { check: object, isRequired: true },
  Comment: { check: anything },
};

const machineFields: FieldRules = {
  ...flowFields,
  Version: { check: oneOf('1.0') },
  TimeoutSeconds: { check: integer(1, secondsMax) },
  QueryLanguage: { check: oneOf('JSONPath', 'JSONata') },
};

/** Reports all that AWS refuses in a machine, and what it warns of. */
export function validateMachine(
  parsed: ParsedJson,
  options: CompileOptions,
  jsonata: JsonataLibrary | undefined,
  diagnostics: Diagnostics,
): void {
  const rules = new MachineRules(options, jsonata, diagnostics);
  rules.checkDuplicates(parsed.duplicates);
  if (isObject(parsed.value)) rules.checkMachine(parsed.value);
  else diagnostics.schema('Definition must be a valid JSON object');
}

/** One state by itself: it may go anywhere, and its branches are checked as in a machine. */
export function validateSingleState(
  parsed: ParsedJson,
  options: CompileOptions,
  jsonata: JsonataLibrary | undefined,
  diagnostics: Diagnostics,
): void {
  const rules = new MachineRules(options, jsonata, diagnostics);
  rules.checkDuplicates(parsed.duplicates);
  if (isObject(parsed.value)) rules.checkState(parsed.value, '', options.type);
  else diagnostics.schema('Definition must be a valid JSON object');
}

// Limit: branches and item processors nest 20 deep.
const nestingMax = 20;

export class MachineRules {
  private readonly options: CompileOptions;
  private readonly diagnostics: Diagnostics;
  private readonly states: StateRules;
  private readonly names = new Set<string>();
  private queryLanguage: QueryLanguage = 'JSONPath';
  private depth = 0;

  constructor(options: CompileOptions, jsonata: JsonataLibrary | undefined, diagnostics: Diagnostics) {
    this.options = options;
    this.diagnostics = diagnostics;
    this.states = new StateRules(
      new ExpressionRules(jsonata, diagnostics),
      diagnostics,
      (flow, location, fields, type) => this.checkFlow(flow, location, { ...flowFields, ...fields }, type),
    );
  }

  checkMachine(machine: JsonObject): void {
    // Whatever is no JSONPath counts as JSONata, as AWS takes it; the field itself is refused where it is neither.
    if (machine.QueryLanguage !== undefined && machine.QueryLanguage !== 'JSONPath') this.queryLanguage = 'JSONata';
    this.checkFlow(machine, '', machineFields, this.options.type);
  }

  /** A member that comes twice: of `States` it is a state's name, elsewhere the last one counts. */
  checkDuplicates(duplicates: readonly DuplicateName[]): void {
    for (const { path, name } of duplicates) {
      if (path.at(-1) === 'States') this.duplicateState(name, `/${path.map(String).join('/')}/${name}`);
    }
  }

  private checkFlow(flow: JsonObject, location: string, fields: FieldRules, type: CompileOptions['type']): void {
    checkFields(flow, fields, this.queryLanguage, location, this.diagnostics);
    if (!isObject(flow.States)) return;
    if (++this.depth > nestingMax) {
      this.diagnostics.error('TOO_DEEPLY_NESTED', `The states are nested more than ${nestingMax} deep`, location);
    } else {
      for (const [name, state] of Object.entries(flow.States)) this.checkNamed(name, state, location, type);
      checkTransitions(flow, location, this.diagnostics);
    }
    this.depth--;
  }

  private checkNamed(name: string, state: Json, location: string, type: CompileOptions['type']): void {
    const here = `${location}/States/${name}`;
    if (this.names.has(name)) this.duplicateState(name, here);
    this.names.add(name);
    // Limit: the name of a state has 1 to 80 characters, as in AWS.
    if (name === '' || name.length > 80) {
      this.diagnostics.error('INVALID_STATE_NAME', `State name must have 1 to 80 characters: '${name}'`, here);
    }
    if (isObject(state)) this.checkState(state, here, type);
    else this.diagnostics.schema('Expected value of type Object', here);
  }

  checkState(state: JsonObject, location: string, type: CompileOptions['type']): void {
    this.states.check(state, location, this.queryLanguage, type);
  }

  private duplicateState(name: string, location: string): void {
    this.diagnostics.error('DUPLICATE_STATE_NAME', `Duplicate State name: ${name}`, location);
  }
}
