/** A work group: where results go, what a query may scan, and whether its settings win over a client's. */
import { invalidRequest } from './errors.ts';

export interface WorkGroup {
  readonly name: string;
  readonly description: string | undefined;
  readonly state: 'ENABLED' | 'DISABLED';
  readonly createdMs: number;
  readonly configuration: WorkGroupConfiguration;
}

export interface WorkGroupConfiguration {
  /** As the API has it (OutputLocation, EncryptionConfiguration, ExpectedBucketOwner, AclConfiguration). */
  readonly resultConfiguration: Readonly<Record<string, unknown>>;
  readonly enforce: boolean;
  readonly publishMetrics: boolean;
  /** A query that has to read more is stopped; undefined is no limit. */
  readonly scannedMaxBytes: number | undefined;
  readonly requesterPays: boolean;
  readonly engineVersion: string;
  /** Members that are recorded and returned (ExecutionRole, AdditionalConfiguration …). */
  readonly recorded: Readonly<Record<string, unknown>>;
}

export const primaryWorkGroup = 'primary';
export const engineVersionEffective = 'Athena engine version 3';
/** Athena's least cutoff: 10 MB. */
const scannedMinBytes = 10_000_000;

export function defaultConfiguration(outputLocation?: string): WorkGroupConfiguration {
  return {
    resultConfiguration: outputLocation === undefined ? {} : { OutputLocation: outputLocation },
    enforce: false,
    publishMetrics: true,
    scannedMaxBytes: undefined,
    requesterPays: false,
    engineVersion: 'AUTO',
    recorded: {},
  };
}

export function newPrimary(nowMs: number, outputLocation?: string): WorkGroup {
  return {
    name: primaryWorkGroup,
    description: undefined,
    state: 'ENABLED',
    createdMs: nowMs,
    configuration: defaultConfiguration(outputLocation),
  };
}

/** @throws InvalidRequestException naming the value */
export function checkConfiguration(configuration: WorkGroupConfiguration): void {
  const { scannedMaxBytes, engineVersion, resultConfiguration } = configuration;
  if (scannedMaxBytes !== undefined && scannedMaxBytes < scannedMinBytes) {
    throw invalidRequest(
      `BytesScannedCutoffPerQuery ${scannedMaxBytes} is below the least value of ${scannedMinBytes} bytes.`,
    );
  }
  if (!['AUTO', engineVersionEffective].includes(engineVersion)) {
    throw invalidRequest(`Engine version '${engineVersion}' is not valid; use AUTO or '${engineVersionEffective}'.`);
  }
  const location = resultConfiguration['OutputLocation'];
  if (typeof location === 'string') checkLocation(location);
}

/** @throws InvalidRequestException when it is no `s3://` address */
export function checkLocation(location: string): void {
  if (!/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/.*)?$/s.test(location)) {
    throw invalidRequest(`outputLocation is not a valid S3 path: '${location}'. Write s3://bucket/prefix/.`);
  }
}
