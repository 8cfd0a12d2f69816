import { fail, GatewayError, messageOf } from '../../errors';
import type { SessionSource } from '../store';
import { fetchByDimse } from './dimse';
import { fetchByDicomWeb } from './dicomweb';
import { type PacsOptions, describeServer, parseSeriesRequest } from './series-request';

/** Checks the object `dicom` of a request and gives the source of a session's files. @throws BAD_PARAMS, PACS_FORBIDDEN */
export type FetchSeries = (dicom: unknown) => SessionSource;

/**
 * Series from a PACS: by C-FIND and C-GET (or C-MOVE), or by DICOMweb when the address is a URL.
 * The source throws PACS_NO_IMAGES, PACS_UNREACHABLE, PACS_FAILED, PACS_TIMEOUT, CANCELLED.
 */
export function createFetchSeries(options: PacsOptions): FetchSeries {
  const onlyMove = new Set<string>();
  const allowed = options.hosts.split(',').map((host) => host.trim().toLowerCase());
  return function fetchSeries(dicom) {
    const request = parseSeriesRequest(dicom);
    if (!allowed.includes('*') && !allowed.includes(request.host.toLowerCase()))
      throw fail('PACS_FORBIDDEN', { host: request.host });

    return async (folder, signal) => {
      const deadline = AbortSignal.timeout(options.timeoutMs);
      const task = { request, options, folder, signal: AbortSignal.any([signal, deadline]), onlyMove };
      const server = describeServer(request);
      try {
        return await (request.url ? fetchByDicomWeb(task, request.url) : fetchByDimse(task));
      } catch (error) {
        if (signal.aborted) throw fail('CANCELLED', {}, { cause: error });
        if (deadline.aborted)
          throw fail('PACS_TIMEOUT', { server, seconds: options.timeoutMs / 1000 }, { cause: error });
        if (error instanceof GatewayError || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
        throw fail('PACS_FAILED', { server, what: messageOf(error) }, { cause: error });
      }
    };
  };
}
