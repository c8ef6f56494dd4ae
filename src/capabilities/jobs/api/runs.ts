import type { Glue } from '@aws-sdk/client-glue';
import type { HandlersOf } from '#gateway';
import { isPlatformError, messageOf } from '#kernel/errors';
import { decodeToken, encodeToken } from '#kernel/paging';
import type { StoredBookmark } from '../store/runs.ts';
import { checkCapacity } from '../job.ts';
import { executionSeconds, type JobRun } from '../runs/job-run.ts';
import type { JobRuns } from '../runs/job-runs.ts';

const pageSizeMax = 200;

export function runOperations(runs: JobRuns): HandlersOf<Glue> {
  return {
    async StartJobRun(input, { scope }) {
      checkCapacity(input);
      const { JobName, Arguments, Timeout, JobRunId, JobRunQueuingEnabled, ...rest } = input;
      const run = await runs.startRun(scope, {
        jobName: JobName ?? '',
        arguments: Arguments,
        timeoutMinutes: Timeout,
        retryOfRunId: JobRunId,
        queuing: JobRunQueuingEnabled,
        recorded: rest,
      });
      return { JobRunId: run.id };
    },
    GetJobRun(input, { scope }) {
      return { JobRun: wireRun(runs.getRun(scope, input.JobName ?? '', input.RunId ?? '')) };
    },
    GetJobRuns(input, { scope }) {
      const limit = Math.min(input.MaxResults ?? pageSizeMax, pageSizeMax);
      const before = input.NextToken === undefined ? Number.MAX_SAFE_INTEGER : Number(decodeToken(input.NextToken)[0]);
      const found = runs.listRuns(scope, input.JobName ?? '', before, limit + 1);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        JobRuns: page.map(({ run }) => wireRun(run)),
        ...(found.length > limit && last !== undefined && { NextToken: encodeToken([last.sequence]) }),
      };
    },
    async BatchStopJobRun(input, { scope }) {
      const jobName = input.JobName ?? '';
      const stopped: { JobName: string; JobRunId: string }[] = [];
      const errors: { JobName: string; JobRunId: string; ErrorDetail: { ErrorCode: string; ErrorMessage: string } }[] =
        [];
      for (const id of input.JobRunIds ?? []) {
        try {
          await runs.stopRun(scope, jobName, id);
          stopped.push({ JobName: jobName, JobRunId: id });
        } catch (error) {
          if (!isPlatformError(error)) throw error;
          const detail = { ErrorCode: error.code, ErrorMessage: messageOf(error) };
          errors.push({ JobName: jobName, JobRunId: id, ErrorDetail: detail });
        }
      }
      return { SuccessfulSubmissions: stopped, Errors: errors };
    },
    GetJobBookmark(input, { scope }) {
      const jobName = input.JobName ?? '';
      return { JobBookmarkEntry: wireBookmark(jobName, runs.findBookmark(scope, jobName)) };
    },
    async ResetJobBookmark(input, { scope }) {
      const jobName = input.JobName ?? '';
      return { JobBookmarkEntry: wireBookmark(jobName, await runs.resetBookmark(scope, jobName)) };
    },
  };
}

export function wireRun(run: JobRun) {
  const { WorkflowName: _internal, ...recorded } = run.recorded;
  return {
    ...recorded,
    Id: run.id,
    Attempt: run.attempt,
    JobName: run.jobName,
    JobRunState: run.state,
    StartedOn: new Date(run.startedMs),
    LastModifiedOn: new Date(run.modifiedMs),
    Arguments: { ...run.arguments },
    ExecutionTime: executionSeconds(run),
    Timeout: run.timeoutMinutes,
    LogGroupName: '/aws-glue/jobs',
    PredecessorRuns: run.predecessors.map(({ jobName, runId }) => ({ JobName: jobName, RunId: runId })),
    ...(run.completedMs !== undefined && { CompletedOn: new Date(run.completedMs) }),
    ...(run.errorMessage !== undefined && { ErrorMessage: run.errorMessage }),
    ...(run.previousRunId !== undefined && { PreviousRunId: run.previousRunId }),
    ...(run.triggerName !== undefined && { TriggerName: run.triggerName }),
  };
}

function wireBookmark(jobName: string, stored: StoredBookmark | undefined) {
  if (stored === undefined) return { JobName: jobName, Version: 0, Run: 0, Attempt: 0, JobBookmark: '{}' };
  return {
    JobName: jobName,
    Version: stored.version,
    Run: stored.run,
    Attempt: stored.attempt,
    RunId: stored.runId,
    JobBookmark: JSON.stringify(stored.bookmark),
    ...(stored.previousRunId !== undefined && { PreviousRunId: stored.previousRunId }),
  };
}
