import type { z } from 'zod';
import { logLevels, MOST_LOG_LINES, type logsQuery } from '../../contract/queries';
import type { LogLine } from '../../contract/server';
import { readable } from '../../telemetry/logger';
import { lastLogLines } from '../../telemetry/log-files';
import { join } from 'node:path';
import type { Call } from '../endpoint';
import type { Services } from '../services';
import { sendPage, wantsPage } from './pages';

/** A session's id is all that is needed to use the session: the log shows only how it starts. */
const SESSION_ID = /((?:session_id=|\/session\/)[\w-]{8})[\w-]+/g;

type LogsQuery = z.output<typeof logsQuery>;

/**
 * `GET /logs?lines=N`: the last lines of the log as plain text; as an array of JSON objects for callers whose `Accept` asks for that; a page for
 * browsers. A filter looks through 10 000 lines: the last ones, or those before a time.
 */
export async function answerLogs(
  call: Call<never, LogsQuery>,
  services: Pick<Services, 'settings' | 'webFolder'>,
): Promise<void> {
  const { request, response, query } = call;
  const page = wantsPage(call);
  const json = asksForJson(request.get('accept') ?? '');
  if (page && !json) return sendPage(call, services, 'logs');
  const entries = await lastEntries(join(services.settings.workspace, 'logs'), query);
  if (json) response.json(entries);
  else response.type('text/plain').send(entries.map((entry) => `${textOf(entry)}\n`).join(''));
}

async function lastEntries(directory: string, { lines, level, text, request, before }: LogsQuery): Promise<LogLine[]> {
  const filtered = level !== undefined || text !== undefined || request !== undefined;
  const raw = await lastLogLines(directory, filtered ? MOST_LOG_LINES : lines, before);
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
        (level === undefined || logLevels.indexOf(entry.level) <= logLevels.indexOf(level)) &&
        (words === undefined || textOf(entry).toLowerCase().includes(words)),
    );
  return found.slice(Math.max(0, found.length - lines));
}

/** axios names JSON first in every request, and text after it: its users want what they always got. */
function asksForJson(accept: string): boolean {
  return /application\/json/i.test(accept) && !/text\/plain/i.test(accept);
}

function entryOf(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    // Cut off by a kill.
    return { level: '', message: line };
  }
}

function textOf(entry: LogLine): string {
  const date = String(entry.timestamp ?? '').slice(0, 11);
  return date ? date + readable(entry) : String(entry.message);
}
