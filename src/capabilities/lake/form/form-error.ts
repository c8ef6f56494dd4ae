import { PlatformError } from '#kernel/errors';

export const malformedForm = (reason: string): PlatformError =>
  new PlatformError(
    'invalid',
    'MalformedPOSTRequest',
    `The body of your POST request is not well-formed multipart/form-data. ${reason}`,
  );
