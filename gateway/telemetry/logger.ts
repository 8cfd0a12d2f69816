import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import winston from 'winston';

export type Logger = winston.Logger;

const requests = new AsyncLocalStorage<string>();

/** Runs `work` so that every line logged inside carries the request's id. */
export function withRequestId<T>(requestId: string, work: () => T): T {
  return requests.run(requestId, work);
}

const MEGABYTE = 1 << 20;

export interface LoggerOptions {
  /** Folder of `gateway.log`; JSON lines, kept by size: 10 files of 20 MB. */
  directory: string;
  level: string;
  /** Also on the terminal, readable. @default true */
  terminal?: boolean;
}

/** The log of one process: JSON lines in a file, readable lines on the terminal. */
export function createLogger({ directory, level, terminal = true }: LoggerOptions): Logger {
  mkdirSync(directory, { recursive: true });
  const file = new winston.transports.File({
    dirname: directory,
    filename: 'gateway.log',
    maxsize: 20 * MEGABYTE,
    maxFiles: 10,
    tailable: true,
  });
  const addRequestId = winston.format((line) => {
    line.request ??= requests.getStore();
    return line;
  });
  return winston.createLogger({
    level,
    format: winston.format.combine(
      addRequestId(),
      winston.format.timestamp(),
      winston.format.errors({ stack: true }),
      winston.format.json(),
    ),
    transports: terminal ? [file, new winston.transports.Console({ format: winston.format.printf(readable) })] : [file],
  });
}

/** The path of the current log file, for messages to the operator. */
export function logFile(directory: string): string {
  return join(directory, 'gateway.log');
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
