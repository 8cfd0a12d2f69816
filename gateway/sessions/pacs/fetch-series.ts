import type { LookupFunction } from 'node:net';
import { diskError } from '../../disk-errors';
import { fail, GatewayError, recordOf } from '../../errors';
import { megabytes } from '../../free-room';
import type { SessionSource } from '../store';
import type * as Dimse from './dimse';
import { fetchByDicomWeb } from './dicomweb';
import { AllowedServers } from './allowed-servers';
import { type PacsOptions, describeServer, parseSeriesRequest } from './series-request';

/** Checks the object `dicom` of a request and gives the source of a session's files. @throws BAD_PARAMS, PACS_FORBIDDEN */
export type FetchSeries = (dicom: unknown) => SessionSource;

/**
 * Series from a PACS: by C-FIND and C-GET (or C-MOVE), or by DICOMweb when the address is a URL.
 * The source throws PACS_NO_IMAGES, PACS_FAILED, PACS_TIMEOUT, CANCELLED, TOO_LARGE, and what it is told where there is no room. What a server said, or whether one is there, is in the log alone.
 */
export function createFetchSeries(options: PacsOptions): FetchSeries {
  const onlyMove = new Set<string>();
  const allowed = new AllowedServers(options.hosts);
  return function fetchSeries(dicom) {
    const request = parseSeriesRequest(dicom);
    const lookup = allowed.check(request);

    return async (folder, signal, room) => {
      const deadline = AbortSignal.timeout(options.timeoutMs);
      const server = describeServer(request);
      try {
        const address = request.url ? request.host : await addressOf(request.host, lookup);
        const task = {
          request,
          options,
          lookup,
          address,
          folder,
          room: async (bytes: number) => {
            if (bytes > options.maxBytes) throw tooLarge(options.maxBytes);
            await room(bytes);
          },
          signal: AbortSignal.any([signal, deadline]),
          onlyMove,
        };
        return await (request.url ? fetchByDicomWeb(task, request.url) : dimse().fetchByDimse(task));
      } catch (error) {
        if (signal.aborted) throw fail('CANCELLED', {}, { cause: error });
        if (deadline.aborted)
          throw fail('PACS_TIMEOUT', { server, seconds: options.timeoutMs / 1000 }, { cause: error });
        if (error instanceof GatewayError || diskError(error)) throw error;
        options.onFailure(server.record, recordOf(error));
        throw fail('PACS_FAILED', { server }, { cause: error });
      }
    };
  };
}

/** When a PACS is asked by DIMSE for the first time: the library has DICOM's dictionary in it twice, a tenth of what a start would take. */
// oxlint-disable-next-line typescript/no-require-imports -- an import() is asynchronous ESM
const dimse = () => require('./dimse') as typeof Dimse;

const tooLarge = (maxBytes: number) => fail('TOO_LARGE', { what: 'series', limit: `${megabytes(maxBytes)} MB` });

/** The library for DIMSE resolves names by itself: it is given the address. */
function addressOf(host: string, lookup: LookupFunction): Promise<string> {
  return new Promise((resolve, reject) =>
    lookup(host, {}, (error, address) => (error ? reject(error) : resolve(address as string))),
  );
}
