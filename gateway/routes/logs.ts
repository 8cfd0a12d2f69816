import type { Request, Response } from 'express';
import { fail } from '../errors';
import { readable } from '../telemetry/logger';
import { lastLogLines } from '../telemetry/log-tail';

const DEFAULT_LINES = 100;
const MOST_LINES = 10_000;
/** Whoever knows a session's id can use it: the log shows only how it starts. */
const SESSION_ID = /((?:session_id=|\/session\/)[\w-]{8})[\w-]+/g;

/** `GET /logs?lines=N`: the last lines of the log as plain text; as JSON objects when `Accept` prefers that. */
export function showLogs(directory: string) {
  return async function answerLogs(request: Request, response: Response): Promise<void> {
    const lines = await lastLogLines(directory, linesWanted(request));
    const entries = lines.map((line) => entryOf(line.replace(SESSION_ID, '$1…')));
    if (request.accepts(['text/plain', 'application/json']) === 'application/json') {
      response.json(entries);
      return;
    }
    response.type('text/plain').send(entries.map((entry) => `${textOf(entry)}\n`).join(''));
  };
}

function linesWanted(request: Request): number {
  const { lines } = request.query;
  if (lines === undefined || lines === '') return DEFAULT_LINES;
  if (typeof lines === 'string' && /^\d{1,9}$/.test(lines)) return Math.min(Number(lines), MOST_LINES);
  throw fail('BAD_PARAMS', { what: `lines is ${JSON.stringify(lines)}, expected a number from 0 to ${MOST_LINES}` });
}

type Entry = Parameters<typeof readable>[0];

function entryOf(line: string): Entry {
  try {
    return JSON.parse(line) as Entry;
  } catch {
    // Cut off by a kill.
    return { level: '', message: line };
  }
}

function textOf(entry: Entry): string {
  const date = String(entry.timestamp ?? '').slice(0, 11);
  return date ? date + readable(entry) : String(entry.message);
}
