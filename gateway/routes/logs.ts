import type { Request, Response } from 'express';
import { z } from 'zod';
import { readable } from '../telemetry/logger';
import { lastLogLines } from '../telemetry/log-tail';
import { readQuery } from './request-query';

const DEFAULT_LINES = 100;
const MOST_LINES = 10_000;
/** Whoever knows a session's id can use it: the log shows only how it starts. */
const SESSION_ID = /((?:session_id=|\/session\/)[\w-]{8})[\w-]+/g;

const linesExpected = `expected a number from 0 to ${MOST_LINES}`;

export const logsQuery = z.object({
  lines: z.coerce
    .number(linesExpected)
    .int(linesExpected)
    .min(0, linesExpected)
    .default(DEFAULT_LINES)
    .transform((lines) => Math.min(lines, MOST_LINES))
    .describe(`How many lines, at most ${MOST_LINES}.`),
});

/** `GET /logs?lines=N`: the last lines of the log as plain text; as an array of JSON objects for those who ask for that by `Accept`. */
export function showLogs(directory: string) {
  return async function answerLogs(request: Request, response: Response): Promise<void> {
    const lines = await lastLogLines(directory, readQuery(logsQuery, request).lines);
    const entries = lines.map((line) => entryOf(line.replace(SESSION_ID, '$1…')));
    response.vary('Accept');
    if (asksForJson(request)) response.json(entries);
    else response.type('text/plain').send(entries.map((entry) => `${textOf(entry)}\n`).join(''));
  };
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
