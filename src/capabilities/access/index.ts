export type { Access } from './access.ts';
export { roleCaller, rootCaller, serviceCaller } from './callers.ts';
export { createAccess, type AccessOptions, type AccessParts } from './capability.ts';
export { readRootKey, type AccessKey } from './credential-file.ts';
export { accessSchema } from './store.ts';
