/** Valid JSON of a machine, and of the flows in it, to its typed form. */
import type { JsonataLibrary } from '../jsonata/library.ts';
import type { Flow, JsonObject, QueryLanguage, State } from '../machine.ts';
import type { CompileEnvironment } from './fields.ts';
import { compileState } from './state-compiler.ts';

export class FlowCompiler {
  private readonly environment: CompileEnvironment;

  constructor(queryLanguage: QueryLanguage, jsonata: JsonataLibrary | undefined) {
    this.environment = { queryLanguage, jsonata, compileFlow: (definition) => this.flow(definition) };
  }

  /** @param definition one that the validator has passed */
  flow(definition: JsonObject): Flow {
    const states = Object.entries(definition.States as JsonObject);
    return {
      startAt: definition.StartAt as string,
      states: new Map(states.map(([name, state]) => [name, this.state(name, state as JsonObject)])),
    };
  }

  state(name: string, definition: JsonObject): State {
    return compileState(name, definition, this.environment);
  }
}
