/**
 * What makes one thing follow another: a run or a crawl ends, the conditions it fulfils are noted in the same write,
 * triggers whose predicate is full fire, workflow runs with nothing left to do end. Every step is kept before it shows,
 * so that a restart goes on where it was.
 *
 * As in AWS, a conditional trigger follows only jobs and crawlers that a trigger started.
 */
import { serviceCaller } from '#access';
import type { Dispatcher } from '#gateway';
import type { Clock } from '#kernel/clock';
import { isPlatformError, messageOf } from '#kernel/errors';
import type { Log } from '#kernel/log';
import type { Db, State } from '#kernel/state';
import { absent, concurrentRuns, invalidInput } from '../errors.ts';
import { isFinal, type JobRun, type Predecessor } from '../runs/job-run.ts';
import type { JobRuns, RunObserver } from '../runs/job-runs.ts';
import { selectWorkflowRuns } from '../store/runs.ts';
import * as triggerRows from '../store/triggers.ts';
import * as workflowRows from '../store/workflows.ts';
import { isSatisfied, isStart, type Trigger } from './trigger.ts';
import { isCrawlOver, newWorkflowRunId, type Crawl, type CrawlState, type WorkflowRun } from './workflow.ts';

const invokedBy = 'glue.amazonaws.com';

export interface FlowParts {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly runs: JobRuns;
  readonly dispatcher: Dispatcher;
}

/** What a trigger has started inside a write and what is still to be set going behind it. */
interface Started {
  readonly runs: JobRun[];
  readonly crawls: Crawl[];
}

export class Flow implements RunObserver {
  readonly #parts: FlowParts;
  #steps: Promise<void> = Promise.resolve();

  constructor(parts: FlowParts) {
    this.#parts = parts;
  }

  record(db: Db, scope: string, run: JobRun): void {
    if (run.triggerName === undefined) return;
    noteOutcome(db, scope, {
      kind: 'job',
      name: run.jobName,
      state: run.state,
      runId: run.id,
      workflowRunId: run.workflowRunId ?? '',
    });
  }

  act(scope: string): void {
    this.#steps = this.#steps
      .then(() => this.#step(scope))
      .catch((error: unknown) => this.#parts.log.error('a step of triggers and workflows failed', { error }));
  }

  /** Fires a trigger that stands outside of workflows. */
  async fire(scope: string, trigger: Trigger): Promise<void> {
    const started = await this.#parts.state.write((db) => this.#start(db, scope, trigger, undefined, []));
    await this.#launch(scope, started);
  }

  /**
   * Starts a run of a workflow by its start trigger.
   * @throws EntityNotFoundException, ConcurrentRunsExceededException, InvalidInputException without a start trigger
   */
  async startWorkflow(
    scope: string,
    name: string,
    properties: Readonly<Record<string, string>> = {},
  ): Promise<WorkflowRun> {
    const { run, started } = await this.#parts.state.write((db) => {
      const workflow = workflowRows.selectWorkflow(db, scope, name);
      if (workflow === undefined) throw absent(`Workflow ${name}`);
      const trigger = triggerRows.selectTriggers(db, scope).find((one) => one.workflowName === name && isStart(one));
      if (trigger === undefined) {
        throw invalidInput(
          `Workflow ${name} has no start trigger. Create one of type ON_DEMAND, SCHEDULED or EVENT in it.`,
        );
      }
      const runs = workflowRows.selectRunsOfWorkflow(db, scope, name, Number.MAX_SAFE_INTEGER, 1000);
      const open = runs.filter((stored) => stored.run.completedMs === undefined).length;
      if (workflow.maxConcurrentRuns !== undefined && open >= workflow.maxConcurrentRuns) {
        throw concurrentRuns(`workflow ${name}`, workflow.maxConcurrentRuns);
      }
      const previousRunId = runs[0]?.run.id;
      const run: WorkflowRun = {
        id: newWorkflowRunId(),
        workflowName: name,
        state: 'RUNNING',
        properties: { ...workflow.properties, ...properties },
        startedMs: this.#parts.clock.nowMs(),
        fired: [],
        erroredActions: 0,
        ...(previousRunId !== undefined && { previousRunId }),
      };
      workflowRows.insertWorkflowRun(db, scope, run);
      return { run, started: this.#start(db, scope, trigger, run, []) };
    });
    await this.#launch(scope, started);
    this.act(scope);
    return run;
  }

  /** Stops what runs; nothing of this run starts any more. @throws EntityNotFoundException, InvalidInputException */
  async stopWorkflow(scope: string, name: string, runId: string): Promise<void> {
    await this.#parts.state.write((db) => {
      const run = workflowRows.selectWorkflowRun(db, scope, name, runId);
      if (run === undefined) throw absent(`Run ${runId} of workflow ${name}`);
      if (run.state !== 'RUNNING') throw invalidInput(`Run ${runId} of workflow ${name} is ${run.state}, not RUNNING.`);
      workflowRows.updateWorkflowRun(db, { ...run, state: 'STOPPING' });
    });
    const { reader } = this.#parts.state;
    for (const run of selectWorkflowRuns(reader, runId).filter((run) => !isFinal(run.state))) {
      // It may have ended in the meantime, which is as good.
      await this.#parts.runs.stopRun(scope, run.jobName, run.id).catch(ignorePlatformError);
    }
    for (const crawl of triggerRows.selectWorkflowCrawls(reader, runId).filter(({ state }) => !isCrawlOver(state))) {
      await this.#callGlue(scope, 'StopCrawler', { Name: crawl.crawlerName }).catch(ignorePlatformError);
    }
    this.act(scope);
  }

  /** Told when a crawler has come to its end, whoever started it. */
  async crawlEnded(scope: string, crawler: string, state: CrawlState, errorMessage?: string): Promise<void> {
    const touched = await this.#parts.state.write((db) => {
      const open = triggerRows.selectOpenCrawls(db, { scope, crawler });
      for (const { crawl } of open) this.#endCrawl(db, scope, crawl, state, errorMessage);
      return open.length > 0;
    });
    if (touched) this.act(scope);
  }

  /** Takes up what the last process left: crawls not yet asked for, conditions not yet acted on. */
  async resume(): Promise<void> {
    const { reader } = this.#parts.state;
    const scopes = new Set(workflowRows.selectOpenWorkflowRuns(reader).map(({ scope }) => scope));
    for (const { scope, trigger } of triggerRows.selectActiveTriggers(reader, 'CONDITIONAL')) {
      if (trigger.actions.length > 0) scopes.add(scope);
    }
    for (const { scope, crawl } of triggerRows.selectOpenCrawls(reader)) await this.#resumeCrawl(scope, crawl);
    for (const scope of scopes) this.act(scope);
    await this.#steps;
  }

  /** Resolves when what was begun is done. */
  async close(): Promise<void> {
    await this.#steps;
  }

  async #step(scope: string): Promise<void> {
    const started = await this.#parts.state.write((db) => {
      const all: Started = { runs: [], crawls: [] };
      for (const due of dueTriggers(db, scope)) {
        triggerRows.removeOutcomes(db, scope, due.trigger.name, due.workflowRunId);
        const run = due.workflowRunId === '' ? undefined : workflowRows.findWorkflowRun(db, due.workflowRunId);
        if (due.workflowRunId !== '' && (run?.state !== 'RUNNING' || run.fired.includes(due.trigger.name))) continue;
        const { runs, crawls } = this.#start(db, scope, due.trigger, run, due.predecessors);
        all.runs.push(...runs);
        all.crawls.push(...crawls);
      }
      for (const stored of workflowRows.selectOpenWorkflowRuns(db)) {
        if (stored.scope === scope) this.#settle(db, stored.run);
      }
      return all;
    });
    await this.#launch(scope, started);
  }

  /** Starts the actions of a trigger; one that cannot start is counted and told, and does not hinder the others. */
  #start(
    db: Db,
    scope: string,
    trigger: Trigger,
    workflowRun: WorkflowRun | undefined,
    predecessors: readonly Predecessor[],
  ): Started {
    const started: Started = { runs: [], crawls: [] };
    const problems: string[] = [];
    for (const action of trigger.actions) {
      if (action.crawlerName !== undefined) {
        const crawl: Crawl = {
          crawlerName: action.crawlerName,
          triggerName: trigger.name,
          workflowRunId: workflowRun?.id ?? '',
          state: 'STARTING',
          startedMs: this.#parts.clock.nowMs(),
        };
        triggerRows.upsertCrawl(db, scope, crawl);
        started.crawls.push(crawl);
        continue;
      }
      try {
        const run = this.#parts.runs.insertRun(db, scope, {
          jobName: action.jobName ?? '',
          arguments: action.arguments,
          timeoutMinutes: action.timeoutMinutes,
          triggerName: trigger.name,
          workflowRunId: workflowRun?.id,
          predecessors,
          recorded: { ...action.recorded, ...(workflowRun && { WorkflowName: workflowRun.workflowName }) },
        });
        started.runs.push(run);
      } catch (error) {
        if (!isPlatformError(error)) throw error;
        problems.push(`Trigger ${trigger.name}: ${error.message}`);
        this.#parts.log.warn('a trigger could not start a job', {
          trigger: trigger.name,
          job: action.jobName,
          why: error.message,
        });
      }
    }
    if (workflowRun !== undefined) {
      workflowRows.updateWorkflowRun(db, {
        ...workflowRun,
        fired: [...workflowRun.fired, trigger.name],
        erroredActions: workflowRun.erroredActions + problems.length,
        ...(problems[0] !== undefined && { errorMessage: problems[0] }),
      });
    }
    return started;
  }

  async #launch(scope: string, started: Started): Promise<void> {
    for (const run of started.runs) this.#parts.runs.launch(scope, run);
    for (const crawl of started.crawls) await this.#startCrawl(scope, crawl);
  }

  async #startCrawl(scope: string, crawl: Crawl): Promise<void> {
    try {
      await this.#callGlue(scope, 'StartCrawler', { Name: crawl.crawlerName });
    } catch (error) {
      const message = `Trigger ${crawl.triggerName} could not start crawler ${crawl.crawlerName}: ${messageOf(error)}`;
      this.#parts.log.warn('a trigger could not start a crawler', {
        trigger: crawl.triggerName,
        why: messageOf(error),
      });
      await this.#parts.state.write((db) => this.#endCrawl(db, scope, crawl, 'ERROR', message));
      this.act(scope);
      return;
    }
    await this.#parts.state.write((db) => {
      // A small crawl may be over already.
      const open = triggerRows.selectOpenCrawls(db, { scope, crawler: crawl.crawlerName });
      const mine = open.find(
        (other) => other.crawl.triggerName === crawl.triggerName && other.crawl.workflowRunId === crawl.workflowRunId,
      );
      if (mine?.crawl.state === 'STARTING') triggerRows.upsertCrawl(db, scope, { ...crawl, state: 'RUNNING' });
    });
  }

  async #resumeCrawl(scope: string, crawl: Crawl): Promise<void> {
    if (crawl.state === 'STARTING') return this.#startCrawl(scope, crawl);
    try {
      const { Crawler } = (await this.#callGlue(scope, 'GetCrawler', { Name: crawl.crawlerName })) as {
        Crawler?: { State?: string; LastCrawl?: { Status?: CrawlState; ErrorMessage?: string } };
      };
      if (Crawler?.State !== 'READY') return;
      const last = Crawler.LastCrawl;
      await this.crawlEnded(scope, crawl.crawlerName, last?.Status ?? 'FAILED', last?.ErrorMessage);
    } catch (error) {
      await this.crawlEnded(scope, crawl.crawlerName, 'ERROR', messageOf(error));
    }
  }

  #endCrawl(db: Db, scope: string, crawl: Crawl, state: CrawlState, errorMessage?: string): void {
    const ended = {
      ...crawl,
      state,
      completedMs: this.#parts.clock.nowMs(),
      ...(errorMessage !== undefined && { errorMessage }),
    };
    triggerRows.upsertCrawl(db, scope, ended);
    noteOutcome(db, scope, {
      kind: 'crawler',
      name: crawl.crawlerName,
      state,
      runId: '',
      workflowRunId: crawl.workflowRunId,
    });
  }

  #settle(db: Db, run: WorkflowRun): void {
    const jobRuns = selectWorkflowRuns(db, run.id);
    const crawls = triggerRows.selectWorkflowCrawls(db, run.id);
    if (jobRuns.some(({ state }) => !isFinal(state)) || crawls.some(({ state }) => !isCrawlOver(state))) return;
    const errored = run.erroredActions > 0 || crawls.some(({ state }) => state === 'ERROR');
    const state = run.state === 'STOPPING' ? 'STOPPED' : errored ? 'ERROR' : 'COMPLETED';
    const errorMessage = run.errorMessage ?? crawls.find((crawl) => crawl.state === 'ERROR')?.errorMessage;
    workflowRows.updateWorkflowRun(db, {
      ...run,
      state,
      completedMs: this.#parts.clock.nowMs(),
      ...(errorMessage !== undefined && { errorMessage }),
    });
  }

  #callGlue(scope: string, operation: string, input: object): Promise<unknown> {
    const [accountId = '', region = ''] = scope.split('/');
    const caller = serviceCaller(invokedBy, accountId);
    return this.#parts.dispatcher.call('glue', operation, input, { caller, region, invokedBy });
  }
}

/** Notes for each active trigger that waits for this that it has happened. */
function noteOutcome(
  db: Db,
  scope: string,
  happened: { kind: 'job' | 'crawler'; name: string; state: string; runId: string; workflowRunId: string },
): void {
  const { workflowRunId } = happened;
  const workflowName = workflowRunId === '' ? undefined : workflowRows.findWorkflowRun(db, workflowRunId)?.workflowName;
  for (const trigger of triggerRows.selectTriggers(db, scope)) {
    if (trigger.type !== 'CONDITIONAL' || trigger.state !== 'ACTIVATED' || trigger.workflowName !== workflowName)
      continue;
    for (const [condition, wanted] of (trigger.predicate?.conditions ?? []).entries()) {
      if (wanted.kind !== happened.kind || wanted.name !== happened.name || wanted.state !== happened.state) continue;
      triggerRows.insertOutcome(db, scope, {
        triggerName: trigger.name,
        workflowRunId,
        condition,
        runId: happened.runId,
      });
    }
  }
}

interface Due {
  readonly trigger: Trigger;
  readonly workflowRunId: string;
  readonly predecessors: readonly Predecessor[];
}

function dueTriggers(db: Db, scope: string): Due[] {
  const groups = Map.groupBy(triggerRows.selectOutcomes(db, scope), (one) =>
    JSON.stringify([one.triggerName, one.workflowRunId]),
  );
  return [...groups.values()].flatMap((outcomes): Due[] => {
    const { triggerName = '', workflowRunId = '' } = outcomes[0] ?? {};
    const trigger = triggerRows.selectTrigger(db, scope, triggerName);
    const happened = new Set(outcomes.map((outcome) => outcome.condition));
    if (trigger?.predicate === undefined || !isSatisfied(trigger.predicate, happened)) return [];
    const predecessors = outcomes
      .filter((outcome) => outcome.runId !== '')
      .map((outcome) => ({
        jobName: trigger.predicate?.conditions[outcome.condition]?.name ?? '',
        runId: outcome.runId,
      }));
    return [{ trigger, workflowRunId, predecessors }];
  });
}

function ignorePlatformError(error: unknown): void {
  if (!isPlatformError(error)) throw error;
}
