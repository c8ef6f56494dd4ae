/** The errors of Parameter Store, in the names of the SSM service model. */
import { PlatformError } from '#kernel/errors';

export function invalid(code: string, message: string): PlatformError {
  return new PlatformError('invalid', code, message);
}

export function validation(message: string): PlatformError {
  return invalid('ValidationException', message);
}

export function parameterAbsent(name: string): PlatformError {
  return new PlatformError('absent', 'ParameterNotFound', `Parameter '${name}' does not exist in this region.`);
}

export function versionAbsent(name: string, version: string | number): PlatformError {
  return new PlatformError(
    'absent',
    'ParameterVersionNotFound',
    `Systems Manager could not find version ${version} of ${name}. Verify the version or label and try again.`,
  );
}

export function parameterExists(name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'ParameterAlreadyExists',
    `The parameter '${name}' already exists. To overwrite this value, set the overwrite option in the request to true.`,
  );
}
