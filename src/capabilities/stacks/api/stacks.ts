/** Operations that change a stack. */
import { invalid } from '../errors.ts';
import { originOf } from '../origin.ts';
import type { Stacks } from '../stacks.ts';
import { type Operations, onFailureOf, refuseTriggers, refuseUnsupported, submissionOf } from './submission.ts';

export function stackOperations(stacks: Stacks): Operations {
  return { ...lifeOperations(stacks), ...recoveryOperations(stacks), ...guardOperations(stacks) };
}

function lifeOperations(stacks: Stacks): Operations {
  return {
    async CreateStack(input, context) {
      refuseUnsupported(input, ['StackPolicyURL', 'DeploymentConfig']);
      refuseTriggers(input.RollbackConfiguration);
      const id = await stacks.createStack(
        input.StackName ?? '',
        submissionOf(input),
        {
          onFailure: onFailureOf(input.OnFailure, input.DisableRollback),
          timeoutMinutes: input.TimeoutInMinutes,
          terminationProtection: input.EnableTerminationProtection ?? false,
          retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
          policy: input.StackPolicyBody,
          clientToken: input.ClientRequestToken,
        },
        originOf(context),
      );
      return { StackId: id };
    },
    async UpdateStack(input, context) {
      refuseUnsupported(input, ['StackPolicyURL', 'StackPolicyDuringUpdateURL', 'DeploymentConfig']);
      refuseTriggers(input.RollbackConfiguration);
      const id = await stacks.updateStack(
        input.StackName ?? '',
        submissionOf(input),
        {
          disableRollback: input.DisableRollback ?? false,
          retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
          policy: input.StackPolicyBody,
          policyDuringUpdate: input.StackPolicyDuringUpdateBody,
          clientToken: input.ClientRequestToken,
        },
        originOf(context),
      );
      return { StackId: id };
    },
    async DeleteStack(input, context) {
      refuseUnsupported(input, ['DeploymentConfig']);
      const options = {
        retain: input.RetainResources ?? [],
        force: input.DeletionMode === 'FORCE_DELETE_STACK',
        clientToken: input.ClientRequestToken,
      };
      await stacks.deleteStack(input.StackName ?? '', options, originOf(context));
      return {};
    },
  };
}

function recoveryOperations(stacks: Stacks): Operations {
  return {
    CancelUpdateStack(input, context) {
      stacks.cancelUpdate(input.StackName ?? '', originOf(context));
      return {};
    },
    async ContinueUpdateRollback(input, context) {
      const skip = input.ResourcesToSkip ?? [];
      const nested = skip.find((name) => name.includes('.'));
      if (nested !== undefined) {
        throw invalid(
          `ResourcesToSkip: '${nested}' lies in a nested stack, which is not supported here. Continue the rollback of the nested stack itself.`,
        );
      }
      await stacks.continueUpdateRollback(input.StackName ?? '', skip, input.ClientRequestToken, originOf(context));
      return {};
    },
    async RollbackStack(input, context) {
      const options = {
        clientToken: input.ClientRequestToken,
        retainExceptOnCreate: input.RetainExceptOnCreate ?? false,
      };
      return { StackId: await stacks.rollbackStack(input.StackName ?? '', options, originOf(context)) };
    },
  };
}

function guardOperations(stacks: Stacks): Operations {
  return {
    async UpdateTerminationProtection(input, context) {
      const isOn = input.EnableTerminationProtection ?? false;
      return { StackId: await stacks.setTerminationProtection(input.StackName ?? '', isOn, originOf(context)) };
    },
    async SetStackPolicy(input, context) {
      refuseUnsupported(input, ['StackPolicyURL']);
      if (input.StackPolicyBody === undefined) throw invalid('You must specify StackPolicyBody.');
      await stacks.setPolicy(input.StackName ?? '', input.StackPolicyBody, originOf(context));
      return {};
    },
    GetStackPolicy(input, { scope }) {
      const { policy } = stacks.getStack(scope, input.StackName ?? '');
      return policy === undefined ? {} : { StackPolicyBody: policy };
    },
  };
}
