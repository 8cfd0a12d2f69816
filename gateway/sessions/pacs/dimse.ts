import * as dimse from 'dcmjs-dimse';
import { messageOf } from '../../errors';
import type { SourceFile } from '../import-image';
import { ask, checkDelivered, COMPRESSED } from './association';
import { type FetchTask, type FoundSeries, matchingSeries, describeServer } from './series-request';
import { fetchByMove } from './move';
import { ReceivedFiles } from './received-files';

const { CFindRequest, CGetRequest } = dimse.requests;
const { SopClass, Status, StorageClass, TransferSyntax } = dimse.constants;
const { ExplicitVRLittleEndian, ImplicitVRLittleEndian } = TransferSyntax;

/** An association has 128 presentation contexts; the library takes most of them for the storage classes it knows. */
const MOST_CLASSES = 4;
/** A server that refuses a C-GET may just never answer it (Orthanc does so). Where there is another way, it is not waited for as long as elsewhere. */
const SILENCE_BEFORE_MOVE_MS = 10_000;

/** C-FIND, then C-GET; when the PACS does not do that and a port for it is set, C-MOVE to a server of our own, and from then on at once. */
export async function fetchByDimse(task: FetchTask): Promise<SourceFile[]> {
  const found = await findSeries(task);
  const { movePort, timeoutMs } = task.options;
  const server = describeServer(task.request);
  if (task.onlyMove.has(server)) return fetchByMove(task, found);
  const files = new ReceivedFiles(task.folder, task.options.maxBytes);
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
      throw new Error(`C-GET: ${messageOf(error)}. For C-MOVE set --dicom_move_port`, { cause: error });
    const moved = await fetchByMove(task, found);
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
  if (status !== Status.Success) throw new Error(`it refused the query (status 0x${status.toString(16)})`);
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
