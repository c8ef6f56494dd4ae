/** Workflows as their owners see them. What moves their runs is `flow.ts`. */
import { dropTags, putTags, type TagMap } from '#catalog';
import type { Clock } from '#kernel/clock';
import type { State } from '#kernel/state';
import { absent, exists } from '../errors.ts';
import { checkName } from '../job.ts';
import type { JobRun } from '../runs/job-run.ts';
import { selectWorkflowRuns } from '../store/runs.ts';
import { removeTrigger, selectTriggers, selectWorkflowCrawls } from '../store/triggers.ts';
import * as rows from '../store/workflows.ts';
import { triggerArn, type Trigger } from './trigger.ts';
import { workflowArn, type Crawl, type Properties, type Workflow, type WorkflowRun } from './workflow.ts';

export interface WorkflowChange {
  readonly description?: string | undefined;
  readonly properties?: Properties | undefined;
  readonly maxConcurrentRuns?: number | undefined;
}

/** A run with what it has started. */
export interface RunDetail {
  readonly run: WorkflowRun;
  readonly jobRuns: readonly JobRun[];
  readonly crawls: readonly Crawl[];
}

export class Workflows {
  readonly #state: State;
  readonly #clock: Clock;

  constructor(state: State, clock: Clock) {
    this.#state = state;
    this.#clock = clock;
  }

  /** @throws AlreadyExistsException, InvalidInputException */
  async createWorkflow(scope: string, name: string, change: WorkflowChange, tags: TagMap = {}): Promise<void> {
    checkName('Workflow', name);
    const nowMs = this.#clock.nowMs();
    await this.#state.write((db) => {
      if (rows.selectWorkflow(db, scope, name) !== undefined) throw exists(`Workflow ${name}`);
      rows.upsertWorkflow(db, scope, withChange({ name, createdMs: nowMs, modifiedMs: nowMs, properties: {} }, change));
      putTags(db, workflowArn(scope, name), tags);
    });
  }

  /** @throws EntityNotFoundException */
  async updateWorkflow(scope: string, name: string, change: WorkflowChange): Promise<void> {
    await this.#state.write((db) => {
      const before = rows.selectWorkflow(db, scope, name);
      if (before === undefined) throw absent(`Workflow ${name}`);
      rows.upsertWorkflow(db, scope, withChange({ ...before, modifiedMs: this.#clock.nowMs() }, change));
    });
  }

  findWorkflow(scope: string, name: string): Workflow | undefined {
    return rows.selectWorkflow(this.#state.reader, scope, name);
  }

  /** @throws EntityNotFoundException */
  getWorkflow(scope: string, name: string): Workflow {
    const workflow = this.findWorkflow(scope, name);
    if (workflow === undefined) throw absent(`Workflow ${name}`);
    return workflow;
  }

  /** Workflows in order of their names. */
  listWorkflows(scope: string): Workflow[] {
    return rows.selectWorkflows(this.#state.reader, scope);
  }

  /** Deletes the workflow with its triggers; jobs, crawlers and the record of its runs stay. */
  async deleteWorkflow(scope: string, name: string): Promise<void> {
    await this.#state.write((db) => {
      for (const trigger of selectTriggers(db, scope).filter((one) => one.workflowName === name)) {
        removeTrigger(db, scope, trigger.name);
        dropTags(db, triggerArn(scope, trigger.name));
      }
      if (rows.removeWorkflow(db, scope, name)) dropTags(db, workflowArn(scope, name));
    });
  }

  triggersOf(scope: string, name: string): Trigger[] {
    return selectTriggers(this.#state.reader, scope).filter((trigger) => trigger.workflowName === name);
  }

  /** @throws EntityNotFoundException */
  getRun(scope: string, name: string, runId: string): RunDetail {
    const run = rows.selectWorkflowRun(this.#state.reader, scope, name, runId);
    if (run === undefined) throw absent(`Run ${runId} of workflow ${name}`);
    return this.#detail(run);
  }

  /** Newest first. @param before sequence behind which the page starts */
  listRuns(scope: string, name: string, before: number, limit: number): (RunDetail & { sequence: number })[] {
    this.getWorkflow(scope, name);
    return rows
      .selectRunsOfWorkflow(this.#state.reader, scope, name, before, limit)
      .map(({ run, sequence }) => ({ ...this.#detail(run), sequence }));
  }

  findLastRun(scope: string, name: string): RunDetail | undefined {
    const stored = rows.selectRunsOfWorkflow(this.#state.reader, scope, name, Number.MAX_SAFE_INTEGER, 1)[0];
    return stored && this.#detail(stored.run);
  }

  /** Adds properties to a run, over those of the same name. @throws EntityNotFoundException */
  async putRunProperties(scope: string, name: string, runId: string, properties: Properties): Promise<void> {
    await this.#state.write((db) => {
      const run = rows.selectWorkflowRun(db, scope, name, runId);
      if (run === undefined) throw absent(`Run ${runId} of workflow ${name}`);
      rows.updateWorkflowRun(db, { ...run, properties: { ...run.properties, ...properties } });
    });
  }

  #detail(run: WorkflowRun): RunDetail {
    const { reader } = this.#state;
    return { run, jobRuns: selectWorkflowRuns(reader, run.id), crawls: selectWorkflowCrawls(reader, run.id) };
  }
}

function withChange(workflow: Workflow, change: WorkflowChange): Workflow {
  return {
    ...workflow,
    ...(change.description !== undefined && { description: change.description }),
    ...(change.properties !== undefined && { properties: change.properties }),
    ...(change.maxConcurrentRuns !== undefined && { maxConcurrentRuns: change.maxConcurrentRuns }),
  };
}
