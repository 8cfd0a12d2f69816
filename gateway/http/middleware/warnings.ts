import type { Request, Response } from 'express';
import { type Said, sentenceFor } from '../../sentence';

const WARNINGS_HEADER = 'X-AIAA-Warnings';

/** The header of {@link warnClient}, as the documentation tells of it. */
export const warningsHeader = {
  [WARNINGS_HEADER]:
    'What the client should know beside the result: a JSON array of sentences in ASCII, at most 2 kB. Absent where there is nothing to say.',
};

/** Most bytes of the header: proxies and browsers limit all headers of an answer together. */
const MOST_BYTES = 2048;

/**
 * Tells the client something that does not stop its request: in the answer's `X-AIAA-Warnings`, an error's too, in the job, and in the log. Call it
 * before the headers go out. A sentence that was said already is not repeated.
 *
 * @param said plain English, one sentence each
 * @param listedAt where the client finds those that do not fit into the header. @default the job
 */
export function warnClient(
  request: Request,
  response: Response,
  said: readonly Said[],
  listedAt = `GET /v1/jobs/${request.run.id}`,
): void {
  const { warnings } = request.run;
  for (const sentence of said.map(sentenceFor))
    if (!warnings.some(({ text }) => text === sentence.text)) warnings.push(sentence);
  if (warnings.length === 0) return;
  response.setHeader(
    WARNINGS_HEADER,
    headerValue(
      warnings.map(({ text }) => text),
      listedAt,
    ),
  );
}

/** The sentences as a JSON array in ASCII. Where it would be longer than 2 kB, its last entry says how many more there are, and where. */
export function headerValue(sentences: readonly string[], listedAt: string): string {
  const whole = asciiJson(sentences);
  if (whole.length <= MOST_BYTES) return whole;
  let shown = sentences.length;
  let text: string;
  do {
    shown--;
    text = asciiJson([...sentences.slice(0, shown), `${sentences.length - shown} more: ${listedAt}`]);
  } while (text.length > MOST_BYTES && shown > 0);
  return text;
}

/** JSON without a byte that a header cannot have. */
function asciiJson(value: readonly string[]): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
