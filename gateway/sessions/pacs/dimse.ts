import * as dimse from 'dcmjs-dimse';
import pLimit from 'p-limit';
import type { SourceFile } from '../import-image';
import { ask, checkDelivered, COMPRESSED, keepObjects, limitUnits, type Receiving, store } from './association';
import { type FetchTask, type FoundSeries, matchingSeries, describeServer } from './series-request';
import { ReceivedFiles } from './received-files';
import { known, SaidError, say, sentenceOf } from '../../sentence';

const { CFindRequest, CGetRequest, CMoveRequest } = dimse.requests;
const { CEchoResponse } = dimse.responses;
const { PresentationContextResult, SopClass, Status, StorageClass, TransferSyntax } = dimse.constants;
const { ExplicitVRLittleEndian, ImplicitVRLittleEndian } = TransferSyntax;

/** An association has 128 presentation contexts; the library takes most of them for the storage classes it knows. */
const MOST_CLASSES = 4;
/** A server that refuses a C-GET may just never answer it (Orthanc does so). Where there is another way, it is not waited for as long as elsewhere. */
const SILENCE_BEFORE_MOVE_MS = 10_000;

/** C-FIND, then C-GET; when the PACS does not do that and a port for it is set, C-MOVE to a server of our own, and from then on at once. */
export async function fetchByDimse(task: FetchTask): Promise<SourceFile[]> {
  const found = await findSeries(task);
  const { movePort, timeoutMs } = task.options;
  const { text: server } = describeServer(task.request);
  if (task.onlyMove.has(server)) return inTurn(() => moveNow(task, found));
  const files = new ReceivedFiles(task.folder, found.series, task.room);
  const contexts = (await classesOf(task, found)).flatMap((sopClass) =>
    syntaxesFor(sopClass).map((syntax) => [sopClass, syntax] as [string, string]),
  );
  const request = CGetRequest.createSeriesGetRequest(found.study, found.series);
  const silenceMs = movePort === 0 ? undefined : Math.min(SILENCE_BEFORE_MOVE_MS, timeoutMs / 4);
  try {
    checkDelivered(await ask(task, request, { contexts, files, silenceMs }), files);
    return files.list;
  } catch (error) {
    if (task.signal.aborted || files.list.length > 0) throw error;
    if (movePort === 0)
      throw new SaidError(say`C-GET: ${sentenceOf(error)}. For C-MOVE set --dicom_move_port`, { cause: error });
    const moved = await inTurn(() => moveNow(task, found));
    task.onlyMove.add(server);
    return moved;
  }
}

const offered = new Set<string>(Object.values(StorageClass));

/** The library offers the uncompressed forms of the classes it knows. Newer ones, such as Label Map Segmentation, would not be sent at all. */
const syntaxesFor = (sopClass: string): string[] =>
  offered.has(sopClass) ? [...COMPRESSED] : [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ...COMPRESSED];

/** @throws PACS_NO_IMAGES; BAD_PARAMS when several series fit */
async function findSeries(task: FetchTask): Promise<FoundSeries> {
  const { request } = task;
  const elements = {
    PatientID: request.patient ?? '',
    StudyInstanceUID: request.study ?? '',
    SeriesInstanceUID: request.series ?? '',
  };
  const { found, status } = await ask(task, CFindRequest.createSeriesFindRequest(elements));
  if (status !== Status.Success)
    throw new SaidError(say`it refused the query (status 0x${known(status.toString(16))})`);
  const hits = found.map((dataset) => ({
    patient: dataset.getElement('PatientID') ?? undefined,
    study: dataset.getElement('StudyInstanceUID') ?? request.study ?? '',
    series: dataset.getElement('SeriesInstanceUID') ?? '',
  }));
  return matchingSeries(hits, request);
}

/** Storage classes of the images of a series; the usual ones when the PACS does not tell. */
async function classesOf(task: FetchTask, { study, series }: FoundSeries): Promise<string[]> {
  const elements = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPClassUID: '' };
  const { found } = await ask(task, CFindRequest.createImageFindRequest(elements));
  const classes = new Set(found.map((image) => image.getElement('SOPClassUID')).filter((uid) => uid !== undefined));
  classes.delete(SopClass.Verification);
  const { CtImageStorage, MrImageStorage, PositronEmissionTomographyImageStorage } = StorageClass;
  const usual = [CtImageStorage, MrImageStorage, PositronEmissionTomographyImageStorage];
  return (classes.size > 0 ? [...classes] : usual).slice(0, MOST_CLASSES);
}

const takenSyntaxes = new Set<string>([...COMPRESSED, ExplicitVRLittleEndian, ImplicitVRLittleEndian]);
/** Storage classes are numbered below this UID (PS3.4, table B.5-1), also those that are newer than the library. */
const STORAGE = '1.2.840.10008.5.1.4.1.1.';
const isTaken = (sopClass: string) => sopClass.startsWith(STORAGE) || sopClass === SopClass.Verification;

/** One C-MOVE at a time: the images come to one port, and do not say who asked for them. */
const inTurn = pLimit(1);

/**
 * Asks the PACS to send the series to our AE title and takes it on `movePort`. The PACS must know title, address and port of this server.
 * @throws Error when the PACS refuses
 */
async function moveNow(task: FetchTask, { study, series }: FoundSeries): Promise<SourceFile[]> {
  task.signal.throwIfAborted();
  const { aeTitle, movePort } = task.options;
  const files = new ReceivedFiles(task.folder, series, task.room);
  const server = new dimse.Server(receiver(aeTitle, files));
  // Anybody may connect meanwhile, and fail.
  const failed = new Promise<never>((_, reject) =>
    server.on('networkError', (error: NodeJS.ErrnoException) => error.syscall === 'listen' && reject(error)),
  );
  failed.catch(() => undefined);
  try {
    server.listen(movePort);
    const request = CMoveRequest.createSeriesMoveRequest(aeTitle, study, series);
    checkDelivered(await Promise.race([ask(task, request), failed]), files);
    return files.list;
  } finally {
    server.close();
  }
}

type Answer<Response> = (response: Response) => void;

/** A storage server for one transfer: takes images sent to our title. */
function receiver(aeTitle: string, files: ReceivedFiles): typeof dimse.Scp {
  return class Receiver extends dimse.Scp {
    constructor(...given: ConstructorParameters<typeof dimse.Scp>) {
      super(...given);
      const side = this as unknown as Receiving;
      keepObjects(side, files);
      limitUnits(side.socket);
    }

    override associationRequested(association: dimse.association.Association): void {
      if (association.getCalledAeTitle() !== aeTitle) return this.sendAssociationReject();
      type Offer = { context: dimse.association.PresentationContext };
      for (const { context } of association.getPresentationContexts() as unknown as Offer[]) {
        const syntax = context.getTransferSyntaxUids().find((uid) => takenSyntaxes.has(uid));
        if (syntax && isTaken(context.getAbstractSyntaxUid()))
          context.setResult(PresentationContextResult.Accept, syntax);
        else context.setResult(PresentationContextResult.RejectAbstractSyntaxNotSupported);
      }
      this.sendAssociationAccept();
    }

    override associationReleaseRequested(): void {
      this.sendAssociationReleaseResponse();
    }

    override cEchoRequest(request: dimse.requests.CEchoRequest, answer: Answer<dimse.responses.CEchoResponse>): void {
      const response = CEchoResponse.fromRequest(request);
      response.setStatus(Status.Success);
      answer(response);
    }

    override cStoreRequest(
      request: dimse.requests.CStoreRequest,
      answer: Answer<dimse.responses.CStoreResponse>,
    ): void {
      // The association of an object that could not be kept has ended.
      store(request).then(answer, () => undefined);
    }
  };
}
