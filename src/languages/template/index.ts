/** CloudFormation templates: text to values, functions, schemas, plans. Pure: nothing here has an effect. */
export { BoundTemplate, bindTemplate, draftTemplate, snippetsOf } from './bound-template.ts';
export type { BoundResource, Draft, Surroundings } from './bound-template.ts';
export { findDynamicReferences, replaceDynamicReferences } from './dynamic-references.ts';
export type { DynamicReference } from './dynamic-references.ts';
export { orderByDependency } from './graph.ts';
export { bindParameters, isStoredParameter, storedNames } from './parameters.ts';
export type { BoundParameters, ParameterDefinition } from './parameters.ts';
export { planStack, replacementOf } from './plan.ts';
export type { DeployedResource, PlanContext, PropertyChange, Replacement, ResourceChange } from './plan.ts';
export { checkProperties, recreationOf } from './schema.ts';
export type { PropertySchema, ResourceSchema, SchemaLookup } from './schema.ts';
export type { PseudoParameters, ResourceView } from './scope.ts';
export { parseSource, textBytesMax } from './source.ts';
export type { Source } from './source.ts';
export type { OutputDefinition, Template } from './template.ts';
export { Unknown, canonicalText, didYouMean, findUnknown, isMapping } from './value.ts';
export type { Mapping, Resolved, ResolvedMapping, Value } from './value.ts';
