import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import winston from 'winston';
import { LogFile } from './log-file';
import { LOG_FILE } from './log-files';

export type Logger = winston.Logger;

/** A request as the log knows it. */
export interface LoggedRequest {
  readonly id: string;
  /** Ends it with an error that nobody handled. */
  lose?(error: unknown): void;
}

const requests = new AsyncLocalStorage<LoggedRequest>();

/** Runs `work` so that every line logged inside carries the id that the request has then. */
export function withRequest<T>(request: LoggedRequest, work: () => T): T {
  return requests.run(request, work);
}

/** The request for which the caller runs. */
export const currentRequest = (): LoggedRequest | undefined => requests.getStore();

const logFiles = new WeakMap<Logger, LogFile>();

const MEGABYTE = 1 << 20;
const FLUSH_LOOK_MS = 10;

export interface LoggerOptions {
  /** Folder of `gateway.log`, JSON lines. */
  directory: string;
  level: string;
  /** Name of this gateway among those that share the logs: every line bears it. */
  gateway?: string;
  /** A file that is larger is put away as `gateway1.log`. @default 20 MB */
  fileBytes?: number;
  /** Files that are kept, including the current file. @default 10 */
  files?: number;
  /** Also on the terminal, readable. @default true */
  terminal?: boolean;
}

/** The log of one process: JSON lines in a file, readable lines on the terminal. */
export function createLogger({
  directory,
  level,
  gateway,
  terminal = true,
  fileBytes = 20 * MEGABYTE,
  files = 10,
}: LoggerOptions): Logger {
  mkdirSync(directory, { recursive: true });
  const onLost = (reason: string) => logger.error('the log cannot be written; lines are lost until it can', { reason });
  const stream = new LogFile({ directory, fileBytes, files, onLost });
  const file = new winston.transports.Stream({ stream, eol: '\n' });
  const addRequestId = winston.format((line) => {
    line.request ??= requests.getStore()?.id;
    return line;
  });
  const logger = winston.createLogger({
    level,
    defaultMeta: gateway && { gateway },
    format: winston.format.combine(
      addRequestId(),
      winston.format.timestamp(),
      winston.format.errors({ stack: true }),
      winston.format.json(),
    ),
    transports: terminal ? [file, new winston.transports.Console({ format: winston.format.printf(readable) })] : [file],
  });
  logFiles.set(logger, stream);
  return logger;
}

/** Ends the log when all lines are in the file; later lines are lost. */
export async function closeLogger(logger: Logger): Promise<void> {
  // winston would end while lines still wait.
  const waiting = () => logger.transports.some(({ writableLength }) => writableLength > 0) || logger.readableLength > 0;
  while (waiting()) await sleep(FLUSH_LOOK_MS);
  // A line after the end is an error.
  logger.on('error', () => undefined);
  const finished = once(logger, 'finish');
  logger.end();
  await finished;
  const file = logFiles.get(logger);
  if (file) await once(file.end(), 'finish');
}

/** The path of the current log file, for messages to the operator. */
export function logFile(directory: string): string {
  return join(directory, LOG_FILE);
}

/** One line as people read it: time of day, level, request, message, facts. */
export function readable({
  timestamp,
  level,
  message,
  request,
  stack,
  ...facts
}: winston.Logform.TransformableInfo): string {
  const time = String(timestamp).slice(11, 23);
  const extra = Object.entries(facts).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const head = [time, level.padEnd(5), request ? `[${String(request)}]` : '', String(message), ...extra]
    .filter(Boolean)
    .join(' ');
  return stack ? `${head}\n${String(stack)}` : head;
}
