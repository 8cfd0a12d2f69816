import { fail } from '../../errors';
import type { FoundSeries } from './fetch-task';
import { describeServer, describeWish, severalSeries, type SeriesRequest } from './series-request';

/** A hit of a query: a series, and whose it is where the answer says so. */
export interface Hit extends FoundSeries {
  patient?: string;
}

/**
 * The one series that was asked for among the hits of a query. Servers answer with more than was asked: they ignore case, take a comma for
 * "or", or leave a key aside that they cannot read; so each hit is compared exactly.
 * @throws PACS_NO_IMAGES; BAD_PARAMS when several series fit
 */
export function matchingSeries(hits: readonly Hit[], request: SeriesRequest): Hit {
  const fitting = hits.filter((hit) => isAskedFor(hit, request));
  const [first] = fitting;
  if (!first) {
    const others =
      hits.length > 0 ? ` (it answered with ${hits.length} of other identifiers, which are not taken)` : '';
    throw fail('PACS_NO_IMAGES', { server: describeServer(request), what: describeWish(request) + others });
  }
  const series = new Set(fitting.map((hit) => hit.series));
  if (series.size > 1) throw severalSeries([...series]);
  return first;
}

function isAskedFor({ patient, study, series }: Hit, asked: SeriesRequest): boolean {
  return (
    (asked.series === undefined || series === asked.series) &&
    (asked.study === undefined || study === asked.study) &&
    (asked.patient === undefined || patient === undefined || isSamePatient(patient, asked.patient))
  );
}

/** PatientID is padded with spaces (PS3.5, LO), which mean nothing. Beyond ASCII the answers of servers come in all encodings: the UIDs decide then. */
function isSamePatient(found: string, asked: string): boolean {
  return found.trim() === asked.trim() || /[^\x20-\x7e]/.test(asked);
}
