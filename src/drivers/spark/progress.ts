/** How far a Spark application is, from its own REST API (`/api/v1/applications/…/stages`, Spark's monitoring page). */

export interface SparkProgress {
  readonly stages: number;
  readonly stagesCompleted: number;
  readonly tasks: number;
  readonly tasksCompleted: number;
  readonly tasksFailed: number;
}

export interface SparkStatus {
  readonly appId: string;
  readonly progress: SparkProgress;
}

interface Stage {
  readonly status: string;
  readonly numTasks: number;
  readonly numCompleteTasks: number;
  readonly numFailedTasks: number;
}

const timeoutMs = 2000;
// Limit: progress counts the stages of an answer of at most 4 MiB, which is several thousand.
const answerBytesMax = 4 * 2 ** 20;

/**
 * @param uiUrl such as `http://127.0.0.1:4040`
 * @returns undefined while the API does not answer: it starts after the process and ends before it
 */
export async function readSparkStatus(uiUrl: string, signal: AbortSignal): Promise<SparkStatus | undefined> {
  try {
    const applications = (await readJson(`${uiUrl}/api/v1/applications`, signal)) as { id: string }[];
    const appId = applications[0]?.id;
    if (appId === undefined) return undefined;
    const stages = (await readJson(`${uiUrl}/api/v1/applications/${appId}/stages`, signal)) as Stage[];
    return { appId, progress: sumStages(stages) };
  } catch {
    return undefined;
  }
}

/** Skipped stages are work that Spark found it need not do: they count neither as to do nor as done. */
export function sumStages(stages: readonly Stage[]): SparkProgress {
  const counted = stages.filter(({ status }) => status !== 'SKIPPED');
  const sum = (pick: (stage: Stage) => number): number => counted.reduce((total, stage) => total + pick(stage), 0);
  return {
    stages: counted.length,
    stagesCompleted: counted.filter(({ status }) => status === 'COMPLETE').length,
    tasks: sum((stage) => stage.numTasks),
    tasksCompleted: sum((stage) => Math.min(stage.numCompleteTasks, stage.numTasks)),
    tasksFailed: sum((stage) => stage.numFailedTasks),
  };
}

/** Counts never go back: Spark forgets old stages, and an answer may be older than the one before. */
export function furthest(before: SparkProgress | undefined, now: SparkProgress): SparkProgress {
  if (before === undefined) return now;
  return {
    stages: Math.max(before.stages, now.stages),
    stagesCompleted: Math.max(before.stagesCompleted, now.stagesCompleted),
    tasks: Math.max(before.tasks, now.tasks),
    tasksCompleted: Math.max(before.tasksCompleted, now.tasksCompleted),
    tasksFailed: Math.max(before.tasksFailed, now.tasksFailed),
  };
}

/** The figures of an application that has ended well. */
export function completed(progress: SparkProgress): SparkProgress {
  return { ...progress, stagesCompleted: progress.stages, tasksCompleted: progress.tasks };
}

/** The address of the UI in a line of Spark's log; undefined in any other line. */
export function findUiUrl(line: string): string | undefined {
  const [, port] =
    /(?:Successfully started service 'SparkUI' on port|Bound SparkUI to \S+ and started at http:\S*?:)\s*(\d+)/.exec(
      line,
    ) ?? [];
  return port === undefined ? undefined : `http://127.0.0.1:${port}`;
}

async function readJson(url: string, signal: AbortSignal): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  const text = await answer.text();
  if (text.length > answerBytesMax) throw new Error(`${url} answered too much`);
  return JSON.parse(text);
}
