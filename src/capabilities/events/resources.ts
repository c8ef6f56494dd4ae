/** The CloudFormation types of EventBridge and EventBridge Scheduler. */
import type { ResourceType } from '#capability';
import { archiveType } from './resources/archive.ts';
import { busPolicyType, busType } from './resources/bus.ts';
import { apiDestinationType, connectionType } from './resources/connection.ts';
import { ruleType } from './resources/rule.ts';
import { scheduleGroupType, scheduleType } from './resources/schedule.ts';

export const eventResources: readonly ResourceType[] = [
  ruleType,
  busType,
  archiveType,
  busPolicyType,
  connectionType,
  apiDestinationType,
  scheduleType,
  scheduleGroupType,
];
