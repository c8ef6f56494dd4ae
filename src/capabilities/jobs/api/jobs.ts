import type { Glue } from '@aws-sdk/client-glue';
import type { GlueTags } from '#catalog';
import type { HandlersOf } from '#gateway';
import { pageOf } from '#kernel/paging';
import { checkCapacity, defaultTimeoutMinutes, jobArn, type Job, type JobDefinition } from '../job.ts';
import type { Jobs } from '../jobs.ts';

type CreateJobInput = Parameters<NonNullable<HandlersOf<Glue>['CreateJob']>>[0];

/** Members that have no effect here and come back as they were given. */
const recordedMembers = [
  'LogUri',
  'Connections',
  'AllocatedCapacity',
  'MaxCapacity',
  'SecurityConfiguration',
  'NotificationProperty',
  'GlueVersion',
  'NumberOfWorkers',
  'WorkerType',
  'CodeGenConfigurationNodes',
  'ExecutionClass',
  'SourceControlDetails',
  'MaintenanceWindow',
  'JobMode',
] as const;

export function jobOperations(jobs: Jobs, tags: GlueTags): HandlersOf<Glue> {
  const listNames = (scope: string, token: string | undefined, limit: number | undefined) =>
    pageOf(jobs.listJobs(scope), { token, sizeMax: limit ?? 1000, key: (job) => [job.name] });
  return {
    async CreateJob(input, { scope }) {
      const job = await jobs.createJob(scope, input.Name ?? '', definitionOf(input), input.Tags ?? {});
      return { Name: job.name };
    },
    async UpdateJob(input, { scope }) {
      const name = input.JobName ?? '';
      await jobs.updateJob(scope, name, definitionOf(input.JobUpdate ?? {}));
      return { JobName: name };
    },
    GetJob(input, { scope }) {
      return { Job: wireJob(jobs.getJob(scope, input.JobName ?? '')) };
    },
    GetJobs(input, { scope }) {
      const page = listNames(scope, input.NextToken, input.MaxResults);
      return { Jobs: page.items.map(wireJob), ...(page.nextToken !== undefined && { NextToken: page.nextToken }) };
    },
    ListJobs(input, { scope }) {
      const wanted = Object.entries(input.Tags ?? {});
      const page = listNames(scope, input.NextToken, input.MaxResults);
      const names = page.items
        .map((job) => job.name)
        .filter((name) => {
          const own = wanted.length === 0 ? {} : tags.list(scope, jobArn(scope, name));
          return wanted.every(([key, value]) => own[key] === value);
        });
      return { JobNames: names, ...(page.nextToken !== undefined && { NextToken: page.nextToken }) };
    },
    BatchGetJobs(input, { scope }) {
      const found = (input.JobNames ?? []).map((name) => [name, jobs.findJob(scope, name)] as const);
      return {
        Jobs: found.flatMap(([, job]) => (job === undefined ? [] : [wireJob(job)])),
        JobsNotFound: found.filter(([, job]) => job === undefined).map(([name]) => name),
      };
    },
    async DeleteJob(input, { scope }) {
      await jobs.deleteJob(scope, input.JobName ?? '');
      return { JobName: input.JobName };
    },
  };
}

function definitionOf(input: Omit<Partial<CreateJobInput>, 'Name' | 'Tags'>): JobDefinition {
  checkCapacity(input);
  const { Command: command = {}, ExecutionProperty: execution } = input;
  const recorded = Object.fromEntries(
    recordedMembers.filter((member) => input[member] !== undefined).map((member) => [member, input[member]]),
  );
  return {
    role: input.Role ?? '',
    command: {
      name: command.Name ?? 'glueetl',
      scriptLocation: command.ScriptLocation ?? '',
      ...(command.PythonVersion !== undefined && { pythonVersion: command.PythonVersion }),
      ...(command.Runtime !== undefined && { runtime: command.Runtime }),
    },
    defaultArguments: input.DefaultArguments ?? {},
    fixedArguments: input.NonOverridableArguments ?? {},
    maxRetries: input.MaxRetries ?? 0,
    timeoutMinutes: input.Timeout ?? defaultTimeoutMinutes(input.GlueVersion),
    maxConcurrentRuns: execution?.MaxConcurrentRuns ?? 1,
    queuing: input.JobRunQueuingEnabled ?? false,
    ...(input.Description !== undefined && { description: input.Description }),
    recorded,
  };
}

function wireJob(job: Job) {
  return {
    ...job.recorded,
    Name: job.name,
    Role: job.role,
    CreatedOn: new Date(job.createdMs),
    LastModifiedOn: new Date(job.modifiedMs),
    ExecutionProperty: { MaxConcurrentRuns: job.maxConcurrentRuns },
    Command: {
      Name: job.command.name,
      ScriptLocation: job.command.scriptLocation,
      ...(job.command.pythonVersion !== undefined && { PythonVersion: job.command.pythonVersion }),
      ...(job.command.runtime !== undefined && { Runtime: job.command.runtime as 'Ray2.4' }),
    },
    DefaultArguments: { ...job.defaultArguments },
    NonOverridableArguments: { ...job.fixedArguments },
    MaxRetries: job.maxRetries,
    Timeout: job.timeoutMinutes,
    JobRunQueuingEnabled: job.queuing,
    ...(job.description !== undefined && { Description: job.description }),
  };
}
