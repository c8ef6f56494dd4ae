/** What the optimised integrations change about a call: names of EMR's parameters and answers, and the metadata beside it. */
import { newUuid } from '#kernel/ids';
import type { Json, JsonObject } from '#languages/asl/index';
import { isObject } from './sdk-json.ts';

/** The parameters in the words of the operation that is called. */
export function operationParameters(service: string, action: string, parameters: JsonObject): JsonObject {
  if (service !== 'elasticmapreduce') return parameters;
  const { ClusterId = null, StepId = null, Step = null, TerminationProtected = null } = parameters;
  switch (action) {
    case 'addStep':
      return { JobFlowId: ClusterId, Steps: [Step] };
    case 'cancelStep':
      return { ClusterId, StepIds: [StepId] };
    case 'terminateCluster':
      return { JobFlowIds: [ClusterId] };
    case 'setClusterTerminationProtection':
      return { JobFlowIds: [ClusterId], TerminationProtected };
    case 'modifyInstanceGroupByName':
      return { ClusterId, InstanceGroups: [namedBy('InstanceGroup', parameters)] };
    case 'modifyInstanceFleetByName':
      return { ClusterId, InstanceFleet: namedBy('InstanceFleet', parameters) };
    default:
      return parameters;
  }
}

/** EMR here takes a name where its API asks for the id of a group or fleet. */
function namedBy(member: 'InstanceGroup' | 'InstanceFleet', parameters: JsonObject): JsonObject {
  const given = parameters[member];
  return { ...(isObject(given) ? given : {}), [`${member}Id`]: parameters[`${member}Name`] ?? null };
}

/** The answer in the words of the integration, with what the SDK says of the exchange. */
export function integrationResult(service: string, action: string, output: Json): Json {
  const answer: JsonObject = isObject(output) ? output : {};
  if (service === 'elasticmapreduce') return { ...emrResult(action, answer), ...metadata() };
  if (service === 'lambda') {
    const { ExecutedVersion = '$LATEST', Payload = null, StatusCode = 200 } = answer;
    return { ExecutedVersion, Payload: parsed(Payload), ...metadata(), StatusCode };
  }
  return { ...answer, ...metadata() };
}

function emrResult(action: string, answer: JsonObject): JsonObject {
  if (action === 'createCluster') {
    return { ClusterId: answer['JobFlowId'] ?? null, ClusterArn: answer['ClusterArn'] ?? null };
  }
  if (action === 'addStep') {
    const [StepId = null] = Array.isArray(answer['StepIds']) ? (answer['StepIds'] as Json[]) : [];
    return { StepId };
  }
  if (action === 'cancelStep') {
    const [info] = Array.isArray(answer['CancelStepsInfoList']) ? (answer['CancelStepsInfoList'] as Json[]) : [];
    return { CancelStepsInfo: info ?? null };
  }
  return answer;
}

/** A function's answer is JSON; one that is not stays text. */
export function parsed(payload: Json): Json {
  if (typeof payload !== 'string') return payload;
  if (payload === '') return null;
  try {
    return JSON.parse(payload) as Json;
  } catch {
    return payload;
  }
}

function metadata(): JsonObject {
  const requestId = newUuid();
  return {
    SdkHttpMetadata: {
      AllHttpHeaders: { 'x-amzn-RequestId': [requestId] },
      HttpHeaders: { 'x-amzn-RequestId': requestId },
      HttpStatusCode: 200,
    },
    SdkResponseMetadata: { RequestId: requestId },
  };
}
