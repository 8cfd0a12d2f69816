import { z } from 'zod';
import type { LookupFunction } from 'node:net';
import { fail } from '../../errors';
import type { Room } from '../import-image';
import { known, say, type Sentence } from '../../sentence';

const uid = z
  .string()
  .regex(/^[0-9.]{1,64}$/, 'expected a UID: digits and dots')
  .or(z.literal(''))
  .nullish()
  .transform((value) => value || undefined);

const port = z
  .union([z.number(), z.string().regex(/^\d+$/, 'expected a port').transform(Number)])
  .pipe(z.number().int().min(1).max(65535))
  .nullish()
  .transform((value) => value ?? undefined);

/** The object `dicom` of `PUT /session/` as OHIF sends it; more keys are ignored. */
export const seriesRequestSchema = z.object({
  server_address: z.string().min(1, 'expected a host name, an address or a DICOMweb URL'),
  server_port: port,
  ae_title: z
    .string()
    .max(16, 'an AE title has at most 16 characters')
    .nullish()
    .transform((value) => value || 'ANY-SCP'),
  query_level: z.string().nullish(),
  patient_id: z
    .string()
    .max(64)
    // * and ? are wildcards of a query: somebody else's images.
    .regex(/^[^*?\\]*$/, 'a patient id has no *, ? or backslash')
    .nullish()
    .transform((value) => value || undefined),
  study_uid: uid,
  series_uid: uid,
});

/** Which series to fetch from where. */
export interface SeriesRequest {
  host: string;
  port?: number;
  /** Set when the server speaks DICOMweb. */
  url?: URL;
  aeTitle: string;
  patient?: string;
  study?: string;
  series?: string;
}

/** @throws BAD_PARAMS naming the key and what was expected */
export function parseSeriesRequest(dicom: unknown): SeriesRequest {
  const parsed = seriesRequestSchema.safeParse(dicom);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw fail('BAD_PARAMS', { what: say`${known(['dicom', ...path].join('.'))}: ${known(message)}` });
  }
  const { server_address: address, server_port, ae_title, patient_id, study_uid, series_uid } = parsed.data;
  if (!series_uid && !study_uid)
    throw fail('BAD_PARAMS', { what: say`dicom.series_uid is missing: the UID of the series to fetch` });
  const url = /^https?:\/\//i.test(address) ? webUrl(address, server_port) : undefined;
  if (!url && !/^[\w.:-]+$/.test(address))
    throw fail('BAD_PARAMS', { what: say`dicom.server_address is "${address}", expected a host name or an address` });
  const wish = { patient: patient_id, study: study_uid, series: series_uid };
  return { host: url?.hostname ?? address, port: server_port, url, aeTitle: ae_title, ...wish };
}

function webUrl(address: string, port: number | undefined): URL {
  if (!URL.canParse(address))
    throw fail('BAD_PARAMS', { what: say`dicom.server_address is "${address}", which is no URL` });
  const url = new URL(address);
  // A query could ask for more than one series; nothing that is sent is left aside.
  if (/[?#]/.test(address))
    throw fail('BAD_PARAMS', {
      what: say`dicom.server_address has a query or a fragment, expected a DICOMweb URL without`,
    });
  if (/%2f|%5c|\/\/|\\/i.test(url.pathname))
    throw fail('BAD_PARAMS', { what: say`dicom.server_address has a path that servers read in several ways` });
  if (port && !url.port) url.port = String(port);
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

/** The server and the wish, for messages; without passwords. */
export function describeServer({ host, port, url, aeTitle }: SeriesRequest): Sentence {
  return url
    ? say`${known(`${url.protocol}//${url.host}`)}${url.pathname === '/' ? known('/') : url.pathname}`
    : say`${known(host)}:${port ?? DEFAULT_PORT} (${aeTitle})`;
}

export function describeWish({ patient, study, series }: SeriesRequest): string {
  const parts = [series && `series ${series}`, study && `study ${study}`, patient && `patient ${patient}`];
  return parts.filter(Boolean).join(' of ');
}

/** The port IANA gave to DICOM without privileges. */
export const DEFAULT_PORT = 11112;

export interface PacsOptions {
  /** AE title of this server. */
  aeTitle: string;
  /** Port on which images are taken for C-MOVE; 0 is C-GET only. */
  movePort: number;
  /** Servers that may be asked, as `--pacs_hosts` lists them. */
  hosts: string;
  /** Deadline for one series. */
  timeoutMs: number;
  /** Largest series. */
  maxBytes: number;
  /** Is told why a server did not deliver. */
  onFailure: (server: string, what: string) => void;
}

/** Facts that the ways of fetching share: where the files go, and when to give up. */
export interface FetchTask {
  request: SeriesRequest;
  options: PacsOptions;
  /** Finds the address of the server. */
  lookup: LookupFunction;
  /** That address, for DIMSE. */
  address: string;
  /** Folder for the files. */
  folder: string;
  /** Asked before they are written. */
  room: Room;
  signal: AbortSignal;
  /** Servers (as {@link describeServer} calls them) that gave images by C-MOVE only, for as long as the gateway runs. */
  onlyMove: Set<string>;
}

/** A series that was found, and whose it is where the answer says so. */
export interface FoundSeries {
  study: string;
  series: string;
  patient?: string;
}

/**
 * The one series that was asked for among the hits of a query. Servers answer with more than was asked: they ignore case, take a comma for
 * "or", or leave a key aside that they cannot read; so each hit is compared exactly.
 * @throws PACS_NO_IMAGES; BAD_PARAMS when several series fit
 */
export function matchingSeries(hits: readonly FoundSeries[], request: SeriesRequest): FoundSeries {
  const fitting = hits.filter((hit) => isAskedFor(hit, request));
  const [first] = fitting;
  if (!first) {
    throw fail('PACS_NO_IMAGES', { server: describeServer(request), what: describeWish(request) });
  }
  const series = [...new Set(fitting.map((hit) => hit.series))];
  if (series.length === 1) return first;
  throw fail('BAD_PARAMS', { what: say`dicom.series_uid is missing: ${series.length} series fit` });
}

function isAskedFor({ patient, study, series }: FoundSeries, asked: SeriesRequest): boolean {
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
