import { z } from 'zod';
import { fail } from '../../errors';

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
    throw fail('BAD_PARAMS', { what: `${['dicom', ...path].join('.')}: ${message}` });
  }
  const { server_address: address, server_port, ae_title, patient_id, study_uid, series_uid } = parsed.data;
  if (!series_uid && !study_uid)
    throw fail('BAD_PARAMS', { what: 'dicom.series_uid is missing: the UID of the series to fetch' });
  const url = /^https?:\/\//i.test(address) ? webUrl(address, server_port) : undefined;
  if (!url && !/^[\w.:-]+$/.test(address))
    throw fail('BAD_PARAMS', { what: `dicom.server_address is "${address}", expected a host name or an address` });
  return {
    host: url?.hostname ?? address,
    port: server_port,
    url,
    aeTitle: ae_title,
    patient: patient_id,
    study: study_uid,
    series: series_uid,
  };
}

function webUrl(address: string, port: number | undefined): URL {
  if (!URL.canParse(address))
    throw fail('BAD_PARAMS', { what: `dicom.server_address is "${address}", which is no URL` });
  const url = new URL(address);
  if (port && !url.port) url.port = String(port);
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

/** The server and the wish, for messages; without passwords. */
export function describeServer({ host, port, url, aeTitle }: SeriesRequest): string {
  return url ? `${url.protocol}//${url.host}${url.pathname}` : `${host}:${port ?? DEFAULT_PORT} (${aeTitle})`;
}

export function describeWish({ patient, study, series }: SeriesRequest): string {
  const parts = [series && `series ${series}`, study && `study ${study}`, patient && `patient ${patient}`];
  return parts.filter(Boolean).join(' of ');
}

/** The answer to a request that fits more than one series. */
export function severalSeries(uids: readonly string[]): Error {
  const list = uids.slice(0, 20).join(', ');
  return fail('BAD_PARAMS', { what: `dicom.series_uid is missing: ${uids.length} series fit (${list})` });
}

/** The port IANA gave to DICOM without privileges. */
export const DEFAULT_PORT = 11112;
