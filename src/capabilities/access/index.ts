export type { Access } from './access.ts';
export { createAccess, type AccessOptions, type AccessParts } from './capability.ts';
export { readRootKey, type AccessKey } from './credential-file.ts';
export { rootCaller } from './credentials.ts';
export { accessSchema } from './store.ts';
