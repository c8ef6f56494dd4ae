/** Definitions of Glue jobs. Their runs are in `runs/`, what starts them in `flow/`. */
import { dropTags, putTags, type TagMap } from '#catalog';
import type { Clock } from '#kernel/clock';
import type { State } from '#kernel/state';
import { absent, exists } from './errors.ts';
import { checkDefinition, checkName, jobArn, type Job, type JobDefinition } from './job.ts';
import { removeJob, selectJob, selectJobs, upsertJob } from './store/jobs.ts';

export class Jobs {
  readonly #state: State;
  readonly #clock: Clock;

  constructor(state: State, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  /** @throws AlreadyExistsException, InvalidInputException */
  async createJob(scope: string, name: string, definition: JobDefinition, tags: TagMap = {}): Promise<Job> {
    checkName('Job', name);
    checkDefinition(definition);
    const nowMs = this.#clock.nowMs();
    const job = { ...definition, name, createdMs: nowMs, modifiedMs: nowMs };
    return this.#state.write((db) => {
      if (selectJob(db, scope, name) !== undefined) throw exists(`Job ${name}`);
      upsertJob(db, scope, job);
      putTags(db, jobArn(scope, name), tags);
      return job;
    });
  }

  /** Replaces the whole definition, as UpdateJob does. @throws EntityNotFoundException, InvalidInputException */
  async updateJob(scope: string, name: string, definition: JobDefinition): Promise<void> {
    checkDefinition(definition);
    await this.#state.write((db) => {
      const before = selectJob(db, scope, name);
      if (before === undefined) throw absent(`Job ${name}`);
      upsertJob(db, scope, { ...definition, name, createdMs: before.createdMs, modifiedMs: this.#clock.nowMs() });
    });
  }

  findJob(scope: string, name: string): Job | undefined {
    return selectJob(this.#state.reader, scope, name);
  }

  /** @throws EntityNotFoundException */
  getJob(scope: string, name: string): Job {
    const job = this.findJob(scope, name);
    if (job === undefined) throw absent(`Job ${name}`);
    return job;
  }

  /** Jobs in order of their names. */
  listJobs(scope: string): Job[] {
    return selectJobs(this.#state.reader, scope);
  }

  /** Deletes the job and its bookmark; runs and logs stay. Deleting what is not there is no error, as in AWS. */
  async deleteJob(scope: string, name: string): Promise<void> {
    await this.#state.write((db) => {
      if (removeJob(db, scope, name)) dropTags(db, jobArn(scope, name));
    });
  }
}
