export type { Audit } from './audit.ts';
export { createAudit, type AuditParts, type CreateAuditOptions } from './capability.ts';
export { auditSchema } from './store.ts';
