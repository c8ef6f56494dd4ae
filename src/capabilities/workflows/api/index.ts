import type { ServiceApi } from '#gateway';
import { activityOperations } from './activities.ts';
import { aliasOperations } from './aliases.ts';
import { executionOperations } from './executions.ts';
import type { Face } from './face.ts';
import { mapRunOperations } from './map-runs.ts';
import { machineOperations } from './state-machines.ts';
import { tagOperations } from './tags.ts';
import { testOperations } from './test-state.ts';
import { validationOperations } from './validation.ts';
import { versionOperations } from './versions.ts';

export function createWorkflowsApi(face: Face): ServiceApi {
  return {
    service: 'stepfunctions',
    operations: {
      ...machineOperations(face),
      ...versionOperations(face),
      ...aliasOperations(face),
      ...executionOperations(face),
      ...activityOperations(face),
      ...mapRunOperations(face),
      ...tagOperations(face),
      ...validationOperations(),
      ...testOperations(face),
    },
  };
}
