/** Custom classifiers: made, changed, listed and deleted. */
import type { Clock } from '#kernel/clock';
import type { State } from '#kernel/state';
import { type Classifier, type ClassifierDefinition, changeClassifier, newClassifier } from './classifier.ts';
import { classifierExists, classifierNotFound } from './errors.ts';
import * as rows from './store/classifier-store.ts';

export class Classifiers {
  readonly #state: State;
  readonly #clock: Clock;

  constructor(parts: { state: State; clock: Clock }) {
    this.#state = parts.state;
    this.#clock = parts.clock;
  }

  /** @throws EntityNotFoundException */
  get(scope: string, name: string): Classifier {
    const classifier = rows.selectClassifier(this.#state.reader, scope, name);
    if (classifier === undefined) throw classifierNotFound(name);
    return classifier;
  }

  list(scope: string, range: { after: string; limit: number }): Classifier[] {
    return rows.selectClassifiers(this.#state.reader, scope, range.after, range.limit);
  }

  /** @throws AlreadyExistsException, InvalidInputException */
  async create(scope: string, input: ClassifierDefinition): Promise<void> {
    const classifier = newClassifier(input, this.#clock.now());
    await this.#state.write((db) => {
      if (rows.selectClassifier(db, scope, classifier.name)) throw classifierExists(classifier.name);
      rows.putClassifier(db, scope, classifier);
    });
  }

  /** @throws EntityNotFoundException, InvalidInputException */
  async update(scope: string, name: string, input: ClassifierDefinition): Promise<void> {
    await this.#state.write((db) => {
      const current = rows.selectClassifier(db, scope, name);
      if (current === undefined) throw classifierNotFound(name);
      rows.putClassifier(db, scope, changeClassifier(current, input, this.#clock.now()));
    });
  }

  /** A crawler that uses it fails when it runs next, as in Glue. @throws EntityNotFoundException */
  async delete(scope: string, name: string): Promise<void> {
    await this.#state.write((db) => {
      if (!rows.deleteClassifier(db, scope, name)) throw classifierNotFound(name);
    });
  }
}
