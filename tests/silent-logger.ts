import winston from 'winston';
import type { Logger } from '../gateway/telemetry/logger';

/** A logger for tests that writes nowhere. */
export function silentLogger(): Logger {
  return winston.createLogger({ silent: true, transports: [new winston.transports.Console({ silent: true })] });
}
