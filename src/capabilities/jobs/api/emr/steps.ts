import type { EMR } from '@aws-sdk/client-emr';
import type { HandlersOf } from '#gateway';
import type { Clusters } from '../../clusters/clusters.ts';
import type { Step } from '../../clusters/step.ts';
import { pageOfRows, stepRequest, wireStep } from './wire.ts';

export function stepOperations(clusters: Clusters): HandlersOf<EMR> {
  return {
    async AddJobFlowSteps(input, { scope }) {
      const steps = (input.Steps ?? []).map((step) => stepRequest(step, input.ExecutionRoleArn));
      return { StepIds: await clusters.addSteps(scope, input.JobFlowId ?? '', steps) };
    },
    DescribeStep(input, { scope }) {
      const cluster = clusters.getCluster(scope, input.ClusterId ?? '');
      return { Step: wireStep(clusters.getStep(scope, cluster.id, input.StepId ?? ''), cluster) };
    },
    ListSteps(input, { scope }) {
      const cluster = clusters.getCluster(scope, input.ClusterId ?? '');
      const { StepIds: ids, StepStates: states } = input;
      const { items, marker } = pageOfRows(
        input.Marker,
        (before, limit) => clusters.listSteps(scope, cluster.id, before, limit),
        ({ id, state }: Step) =>
          (ids === undefined || ids.length === 0 || ids.includes(id)) &&
          (states === undefined || states.length === 0 || states.includes(state)),
      );
      return { Steps: items.map((step) => wireStep(step, cluster)), Marker: marker };
    },
    async CancelSteps(input, { scope }) {
      const ids = input.StepIds ?? [];
      const reasons = await clusters.cancelSteps(scope, input.ClusterId ?? '', ids);
      return {
        CancelStepsInfoList: ids.map((StepId, index) => {
          const reason = reasons[index];
          return reason === undefined
            ? { StepId, Status: 'SUBMITTED' as const }
            : { StepId, Status: 'FAILED' as const, Reason: reason };
        }),
      };
    },
  };
}
