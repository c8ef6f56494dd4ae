import type { Glue, Workflow as WireWorkflow, WorkflowGraph, WorkflowRun as WireRun } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import { decodeToken, encodeToken, pageOf } from '#kernel/paging';
import type { Flow } from '../flow/flow.ts';
import type { Trigger } from '../flow/trigger.ts';
import { countActions, graphOf, type Workflow } from '../flow/workflow.ts';
import type { RunDetail, Workflows } from '../flow/workflows.ts';
import { wireRun } from './runs.ts';
import { wireTrigger } from './triggers.ts';

export function workflowOperations(workflows: Workflows, flow: Flow): HandlersOf<Glue> {
  return { ...definitionOperations(workflows), ...workflowRunOperations(workflows, flow) };
}

function definitionOperations(workflows: Workflows): HandlersOf<Glue> {
  const wire = (scope: string, workflow: Workflow, withGraph: boolean): WireWorkflow => {
    const last = workflows.findLastRun(scope, workflow.name);
    return {
      ...wireWorkflow(workflow),
      ...(last !== undefined && { LastRun: wireWorkflowRun(last) }),
      ...(withGraph && { Graph: wireGraph(workflows.triggersOf(scope, workflow.name)) }),
    };
  };
  return {
    async CreateWorkflow(input, { scope }) {
      const name = input.Name ?? '';
      await workflows.createWorkflow(scope, name, changeOf(input), input.Tags ?? {});
      return { Name: name };
    },
    async UpdateWorkflow(input, { scope }) {
      const name = input.Name ?? '';
      await workflows.updateWorkflow(scope, name, changeOf(input));
      return { Name: name };
    },
    GetWorkflow(input, { scope }) {
      const workflow = workflows.getWorkflow(scope, input.Name ?? '');
      return { Workflow: wire(scope, workflow, input.IncludeGraph ?? false) };
    },
    ListWorkflows(input, { scope }) {
      const page = pageOf(workflows.listWorkflows(scope), {
        token: input.NextToken,
        sizeMax: input.MaxResults ?? 25,
        key: (workflow) => [workflow.name],
      });
      return {
        Workflows: page.items.map((workflow) => workflow.name),
        ...(page.nextToken !== undefined && { NextToken: page.nextToken }),
      };
    },
    BatchGetWorkflows(input, { scope }) {
      const found = (input.Names ?? []).map((name) => [name, workflows.findWorkflow(scope, name)] as const);
      return {
        Workflows: found.flatMap(([, one]) =>
          one === undefined ? [] : [wire(scope, one, input.IncludeGraph ?? false)],
        ),
        MissingWorkflows: found.filter(([, one]) => one === undefined).map(([name]) => name),
      };
    },
    async DeleteWorkflow(input, { scope }) {
      await workflows.deleteWorkflow(scope, input.Name ?? '');
      return { Name: input.Name };
    },
  };
}

function workflowRunOperations(workflows: Workflows, flow: Flow): HandlersOf<Glue> {
  const wire = (scope: string, detail: RunDetail, withGraph: boolean): WireRun => ({
    ...wireWorkflowRun(detail),
    ...(withGraph && { Graph: wireGraph(workflows.triggersOf(scope, detail.run.workflowName), detail) }),
  });
  return {
    async StartWorkflowRun(input, { scope }) {
      return { RunId: (await flow.startWorkflow(scope, input.Name ?? '', input.RunProperties)).id };
    },
    async StopWorkflowRun(input, { scope }) {
      await flow.stopWorkflow(scope, input.Name ?? '', input.RunId ?? '');
      return {};
    },
    GetWorkflowRun(input, { scope }) {
      const detail = workflows.getRun(scope, input.Name ?? '', input.RunId ?? '');
      return { Run: wire(scope, detail, input.IncludeGraph ?? false) };
    },
    GetWorkflowRuns(input, { scope }) {
      const limit = input.MaxResults ?? 100;
      const before = input.NextToken === undefined ? Number.MAX_SAFE_INTEGER : Number(decodeToken(input.NextToken)[0]);
      const found = workflows.listRuns(scope, input.Name ?? '', before, limit + 1);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        Runs: page.map((detail) => wire(scope, detail, input.IncludeGraph ?? false)),
        ...(found.length > limit && last !== undefined && { NextToken: encodeToken([last.sequence]) }),
      };
    },
    GetWorkflowRunProperties(input, { scope }) {
      return { RunProperties: { ...workflows.getRun(scope, input.Name ?? '', input.RunId ?? '').run.properties } };
    },
    async PutWorkflowRunProperties(input, { scope }) {
      await workflows.putRunProperties(scope, input.Name ?? '', input.RunId ?? '', input.RunProperties ?? {});
      return {};
    },
  };
}

function changeOf(input: {
  Description?: string | undefined;
  DefaultRunProperties?: Record<string, string> | undefined;
  MaxConcurrentRuns?: number | undefined;
}) {
  return {
    description: input.Description,
    properties: input.DefaultRunProperties,
    maxConcurrentRuns: input.MaxConcurrentRuns,
  };
}

function wireWorkflow(workflow: Workflow): WireWorkflow {
  return {
    Name: workflow.name,
    CreatedOn: new Date(workflow.createdMs),
    LastModifiedOn: new Date(workflow.modifiedMs),
    DefaultRunProperties: { ...workflow.properties },
    ...(workflow.description !== undefined && { Description: workflow.description }),
    ...(workflow.maxConcurrentRuns !== undefined && { MaxConcurrentRuns: workflow.maxConcurrentRuns }),
  };
}

function wireWorkflowRun({ run, jobRuns, crawls }: RunDetail): WireRun {
  const counts = countActions(run, jobRuns, crawls);
  return {
    Name: run.workflowName,
    WorkflowRunId: run.id,
    Status: run.state,
    StartedOn: new Date(run.startedMs),
    WorkflowRunProperties: { ...run.properties },
    Statistics: {
      TotalActions: counts.total,
      SucceededActions: counts.succeeded,
      FailedActions: counts.failed,
      StoppedActions: counts.stopped,
      TimeoutActions: counts.timedOut,
      RunningActions: counts.running,
      WaitingActions: counts.waiting,
      ErroredActions: counts.errored,
    },
    ...(run.completedMs !== undefined && { CompletedOn: new Date(run.completedMs) }),
    ...(run.errorMessage !== undefined && { ErrorMessage: run.errorMessage }),
    ...(run.previousRunId !== undefined && { PreviousRunId: run.previousRunId }),
  };
}

/** @param detail with it, each job and crawler carries what this run has done of it */
function wireGraph(triggers: readonly Trigger[], detail?: RunDetail): WorkflowGraph {
  const graph = graphOf(triggers);
  return {
    Nodes: graph.nodes.map(({ id, kind, name }) => {
      const trigger = kind === 'TRIGGER' ? triggers.find((one) => one.name === name) : undefined;
      const jobRuns = detail?.jobRuns.filter((run) => kind === 'JOB' && run.jobName === name) ?? [];
      const crawls = detail?.crawls.filter((crawl) => kind === 'CRAWLER' && crawl.crawlerName === name) ?? [];
      return {
        Type: kind,
        Name: name,
        UniqueId: id,
        ...(trigger !== undefined && { TriggerDetails: { Trigger: wireTrigger(trigger) } }),
        ...(jobRuns.length > 0 && { JobDetails: { JobRuns: jobRuns.map(wireRun) } }),
        ...(crawls.length > 0 && {
          CrawlerDetails: {
            Crawls: crawls.map((crawl) => ({
              State: crawl.state === 'STARTING' ? 'RUNNING' : crawl.state,
              StartedOn: new Date(crawl.startedMs),
              ...(crawl.completedMs !== undefined && { CompletedOn: new Date(crawl.completedMs) }),
              ...(crawl.errorMessage !== undefined && { ErrorMessage: crawl.errorMessage }),
            })),
          },
        }),
      };
    }),
    Edges: graph.edges.map(([SourceId, DestinationId]) => ({ SourceId, DestinationId })),
  };
}
