import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import type { Writable } from 'node:stream';
import * as dimse from 'dcmjs-dimse';
import { type FetchTask, DEFAULT_PORT } from './series-request';
import { part10Start, type ReceivedFiles } from './received-files';
import { known, SaidError, say } from '../../sentence';

const { Client, Dataset } = dimse;
const { CStoreResponse } = dimse.responses;
const { Status } = dimse.constants;

/** Compressed forms in which a PACS keeps images; each gets a presentation context of its own, so that nothing has to be decoded there. */
export const COMPRESSED = [
  '1.2.840.10008.1.2.4.90', // JPEG 2000 lossless
  '1.2.840.10008.1.2.4.91', // JPEG 2000
  '1.2.840.10008.1.2.4.70', // JPEG lossless
  '1.2.840.10008.1.2.4.57', // JPEG lossless, any predictor
  '1.2.840.10008.1.2.4.80', // JPEG-LS lossless
  '1.2.840.10008.1.2.4.81', // JPEG-LS
  '1.2.840.10008.1.2.4.50', // JPEG baseline
  '1.2.840.10008.1.2.4.51', // JPEG extended
  '1.2.840.10008.1.2.5', // RLE
] as const;

/** Answers of one search: an image each, of a series. */
const MOST_FOUND = 20_000;
const CONNECT_WITHIN_MS = 10_000;
const LONGEST_SILENCE_MS = 30_000;

// The library writes every message to the console.
dimse.log.setLevel('silent');

/** An object as it came, undecoded, on its way to the disk. */
class KeptObject extends Dataset {
  constructor(readonly file: Writable) {
    super({});
  }
}

type Context = dimse.association.PresentationContext;

/** A side of an association, the library's own. */
export interface Receiving {
  socket: Socket;
  createStoreWritableStream(context: Context, request: dimse.requests.CStoreRequest): Writable;
  createDatasetFromStoreWritableStream(file: Writable, context: Context, done: (object: dimse.Dataset) => void): void;
}

/**
 * Has objects written to the disk while they come, room asked first; the library would hold each whole in memory, decode it and write it anew. The
 * association ends with the first that cannot be kept.
 */
export function keepObjects(side: Receiving, files: ReceivedFiles): void {
  side.createStoreWritableStream = (context, request) => {
    const syntax = context.getAcceptedTransferSyntaxUid() ?? '';
    const start = part10Start(request.getAffectedSopClassUid(), request.getAffectedSopInstanceUid(), syntax);
    const file = files.stream(start);
    const { write } = file;
    // The library goes on reading while the disk is behind.
    file.write = (piece: Buffer) => {
      const goesOn = write.call(file, piece, 'buffer' as BufferEncoding);
      if (!goesOn) side.socket.pause();
      return goesOn;
    };
    for (const event of ['drain', 'close']) file.on(event, () => side.socket.resume());
    return file.once('error', () => side.socket.destroy());
  };
  side.createDatasetFromStoreWritableStream = (file, _context, done) => done(new KeptObject(file));
}

/** Its type, a zero, and the length of what follows (PS3.8, 9.3). */
const UNIT_HEAD = 6;
/** Of a protocol data unit; 16 kB are agreed on. */
const LONGEST_UNIT = 1 << 20;

/** Ends a connection with a longer unit: the library puts it together, and copies all that came of it for each piece that comes. */
export function limitUnits(socket: Socket): void {
  let head = Buffer.alloc(0);
  let missing = 0;
  socket.prependListener('data', (piece: Buffer) => {
    for (let at = 0; at < piece.length;) {
      const next = piece.subarray(at, at + (missing || UNIT_HEAD - head.length));
      at += next.length;
      if (missing > 0) {
        missing -= next.length;
        continue;
      }
      head = Buffer.concat([head, next]);
      if (head.length < UNIT_HEAD) return;
      missing = head.readUInt32BE(2);
      head = Buffer.alloc(0);
      if (missing > LONGEST_UNIT)
        return void socket.destroy(
          new SaidError(say`it sent a unit of ${missing} bytes, at most ${LONGEST_UNIT} are taken`),
        );
    }
  });
}

/** Answers a C-STORE when its object is on the disk. */
export async function store(request: dimse.requests.CStoreRequest): Promise<dimse.responses.CStoreResponse> {
  await finished((request.getDataset() as unknown as KeptObject).file);
  const response = CStoreResponse.fromRequest(request);
  response.setStatus(Status.Success);
  return response;
}

type QueryRequest = dimse.requests.CFindRequest | dimse.requests.CGetRequest | dimse.requests.CMoveRequest;

interface AssociationOptions {
  /** More presentation contexts: storage class and compressed transfer syntax. */
  contexts?: readonly [sopClass: string, transferSyntax: string][];
  /** Takes the objects that come by C-GET. */
  files?: ReceivedFiles;
  /** Longest pause in what the server sends. @default 30000 */
  silenceMs?: number;
}

/** The answers to a request: data sets of the pending ones, and the last status. */
export interface Answers {
  found: dimse.Dataset[];
  status: number;
  failures: number;
}

/**
 * One association for one request.
 * @throws Error when nobody answers, our title is refused, or the association breaks off
 */
export function ask(
  { request, address, options, signal }: FetchTask,
  query: QueryRequest,
  more: AssociationOptions = {},
) {
  const { silenceMs = LONGEST_SILENCE_MS } = more;
  const client = new Client();
  const answers: Answers = { found: [], status: -1, failures: 0 };
  let trouble: Error | undefined;

  // The library's response classes differ in name only.
  query.on('response', (response: dimse.responses.CGetResponse) => {
    answers.status = response.getStatus();
    const dataset = response.getDataset() as unknown as dimse.Dataset | undefined;
    if (answers.status === Status.Pending && dataset && answers.found.push(dataset) > MOST_FOUND) {
      trouble = new SaidError(say`it found more than ${MOST_FOUND}`);
      networkOf(client)?.socket.destroy();
    }
    if ('getFailures' in response) answers.failures = Number(response.getFailures() ?? 0);
  });
  for (const [sopClass, syntax] of more.contexts ?? [])
    client.addAdditionalPresentationContext(new dimse.association.PresentationContext(0, sopClass, syntax), true);
  client.addRequest(query);

  return new Promise<Answers>((resolve, reject) => {
    const breakOff = () => networkOf(client)?.socket.destroy();
    const finish = () => {
      signal.removeEventListener('abort', breakOff);
      if (signal.aborted) reject(signal.reason as Error);
      else if (more.files?.failure ?? trouble) reject((more.files?.failure ?? trouble)!);
      else if (answers.status < 0) reject(new SaidError(say`it ended the association without an answer`));
      else resolve(answers);
    };
    signal.addEventListener('abort', breakOff, { once: true });
    // The library's time-out of the connection is that of any silence on it.
    client.on('connected', () => networkOf(client)?.socket.setTimeout(silenceMs));
    client.on('associationRejected', ({ result, source, reason }: Record<string, number>) => {
      trouble = new SaidError(
        say`it rejected the association of ${options.aeTitle} (result ${result}, source ${source}, reason ${reason})`,
      );
      breakOff();
    });
    // Some servers keep the connection open for seconds after they are done.
    client.on('associationReleased', breakOff);
    client.on('networkError', (error: Error) => {
      trouble ??= new SaidError(known(error.message.replace(/^.*?-> /, '')));
      breakOff();
    });
    client.on('cStoreRequest', (object, answer) => {
      store(object).then(answer, breakOff);
    });
    client.on('closed', finish);
    client.send(address, request.port ?? DEFAULT_PORT, options.aeTitle, request.aeTitle, {
      connectTimeout: CONNECT_WITHIN_MS,
      associationTimeout: CONNECT_WITHIN_MS,
      pduTimeout: silenceMs,
    });
    const network = networkOf(client);
    if (network) limitUnits(network.socket);
    if (network && more.files) keepObjects(network, more.files);
  });
}

/** @throws Error when the PACS reports a failure, or a file could not be kept; nothing half is taken for a series */
export function checkDelivered({ status, failures }: Answers, { list, failure }: ReceivedFiles): void {
  if (failure) throw failure;
  if (status !== Status.Success || failures > 0)
    throw new SaidError(
      say`it answered with status 0x${known(status.toString(16).padStart(4, '0'))} after ${list.length} images (${failures} failed)`,
    );
  if (list.length === 0) throw new SaidError(say`it said success and sent no image`);
}

/** The library's own connection, absent before {@link ask} sends. */
function networkOf(client: dimse.Client) {
  return (client as unknown as { network?: Receiving }).network;
}
