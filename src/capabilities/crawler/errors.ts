/** The errors of crawlers and classifiers, in the words and codes that Glue's clients look for. */
import { PlatformError } from '#kernel/errors';

export function crawlerNotFound(name: string): PlatformError {
  return new PlatformError('absent', 'EntityNotFoundException', `Crawler with name ${name} does not exist.`);
}

export function crawlerExists(name: string): PlatformError {
  return new PlatformError('conflict', 'AlreadyExistsException', `Crawler with name ${name} already exists.`);
}

export function classifierNotFound(name: string): PlatformError {
  return new PlatformError('absent', 'EntityNotFoundException', `Classifier with name ${name} does not exist.`);
}

export function classifierExists(name: string): PlatformError {
  return new PlatformError('conflict', 'AlreadyExistsException', `Classifier with name ${name} already exists.`);
}

export function crawlerRunning(name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'CrawlerRunningException',
    `Crawler with name ${name} is running. Wait for it or stop it.`,
  );
}

export function crawlerStarted(name: string): PlatformError {
  return new PlatformError('conflict', 'CrawlerRunningException', `Crawler with name ${name} has already started.`);
}

export function crawlerNotRunning(name: string): PlatformError {
  return new PlatformError('conflict', 'CrawlerNotRunningException', `Crawler with name ${name} isn't running.`);
}

export function crawlerStopping(name: string): PlatformError {
  return new PlatformError('conflict', 'CrawlerStoppingException', `Crawler with name ${name} is stopping.`);
}

export function noSchedule(name: string): PlatformError {
  return new PlatformError(
    'invalid',
    'NoScheduleException',
    `Crawler with name ${name} has no schedule. Give it one first.`,
  );
}

export function schedulerRunning(name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'SchedulerRunningException',
    `The schedule of crawler ${name} is running already.`,
  );
}

export function schedulerNotRunning(name: string): PlatformError {
  return new PlatformError(
    'conflict',
    'SchedulerNotRunningException',
    `The schedule of crawler ${name} is not running.`,
  );
}

export function invalidInput(message: string): PlatformError {
  return new PlatformError('invalid', 'InvalidInputException', message);
}
