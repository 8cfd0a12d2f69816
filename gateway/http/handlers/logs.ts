import type { Request, Response } from 'express';
import { z } from 'zod';
import { readable } from '../../telemetry/logger';
import { lastLogLines } from '../../telemetry/log-tail';
import { readQuery } from '../request-query';
import { sendPage } from './web-page';

const DEFAULT_LINES = 100;
const MOST_LINES = 10_000;
/** Whoever knows a session's id can use it: the log shows only how it starts. */
const SESSION_ID = /((?:session_id=|\/session\/)[\w-]{8})[\w-]+/g;

const LEVELS = ['error', 'warn', 'info', 'debug'];

const linesExpected = `expected a number from 0 to ${MOST_LINES}`;

export const logsQuery = z.object({
  lines: z.coerce
    .number(linesExpected)
    .int(linesExpected)
    .min(0, linesExpected)
    .default(DEFAULT_LINES)
    .transform((lines) => Math.min(lines, MOST_LINES))
    .describe(`How many lines, at most ${MOST_LINES}.`),
  level: z
    .enum(LEVELS, `expected one of ${LEVELS.join(', ')}`)
    .optional()
    .describe('Least severe level of the lines.'),
  text: z
    .string()
    .min(1, 'expected a text')
    .max(200, 'expected at most 200 characters')
    .optional()
    .describe('Text in the lines, in any case.'),
  request: z
    .string()
    .min(1, 'expected an id')
    .max(64, 'expected at most 64 characters')
    .optional()
    .describe('Id of the request that the lines are of.'),
  before: z.iso
    .datetime({ offset: true, error: 'expected a time as in 2026-01-02T03:04:05.678Z' })
    .transform((time) => Date.parse(time))
    .optional()
    .describe('Only lines from before this time (ISO 8601).'),
});

type LogsQuery = z.infer<typeof logsQuery>;

/**
 * `GET /logs?lines=N`: the last lines of the log as plain text; as an array of JSON objects for those who ask for that by `Accept`; a page for
 * browsers. A filter looks through 10 000 lines: the last ones, or those before a time.
 */
export function showLogs(directory: string, webFolder: string) {
  return async function answerLogs(request: Request, response: Response): Promise<void> {
    response.vary('Accept');
    const query = readQuery(logsQuery, request);
    const json = asksForJson(request);
    if (!json && request.accepts(['text/plain', 'text/html']) === 'text/html')
      return sendPage(request, response, webFolder, 'logs/index.html');
    const entries = await lastEntries(directory, query);
    if (json) response.json(entries);
    else response.type('text/plain').send(entries.map((entry) => `${textOf(entry)}\n`).join(''));
  };
}

async function lastEntries(directory: string, { lines, level, text, request, before }: LogsQuery): Promise<Entry[]> {
  const filtered = level !== undefined || text !== undefined || request !== undefined;
  const raw = await lastLogLines(directory, filtered ? MOST_LINES : lines, before);
  // Hidden before anything is searched: else the filter would find out the rest of an id letter by letter.
  const shown = raw.map((line) => line.replace(SESSION_ID, '$1…'));
  if (!filtered) return shown.map(entryOf);
  const words = text?.toLowerCase();
  const found = shown
    .filter((line) => request === undefined || line.includes(request))
    .map(entryOf)
    .filter(
      (entry) =>
        (request === undefined || entry.request === request) &&
        (level === undefined || LEVELS.indexOf(entry.level) <= LEVELS.indexOf(level)) &&
        (words === undefined || textOf(entry).toLowerCase().includes(words)),
    );
  return found.slice(Math.max(0, found.length - lines));
}

/** axios names JSON first in every request, with text behind it: its users want what they always got. */
function asksForJson(request: Request): boolean {
  return /application\/json/i.test(request.get('accept') ?? '') && !/text\/plain/i.test(request.get('accept') ?? '');
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
