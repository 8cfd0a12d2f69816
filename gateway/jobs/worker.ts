import { readFile } from 'node:fs/promises';
import { parentPort, threadId, workerData, type MessagePort } from 'node:worker_threads';
import { checkGrowth, resetArena, useArena } from '../arena';
import { fixPolygonParams, maskToPolygonParams } from '../contract/params';
import { nameFolders, type NamedFolders } from '../disk-errors';
import { asGatewayError, type ErrorData, fail, framesOf, GatewayError, recordOf } from '../errors';
import { followFile } from '../imaging/formats/arriving-file';
import { onAnnouncedImage } from '../imaging/formats/announced-image';
import { abandonVoxels, readBeside } from '../imaging/formats/coming-voxels';
import { useDecoders } from '../imaging/formats/dicom/frames/decode-into';
import { keepItkFilesAt } from '../imaging/formats/itk/itk-program';
import { limitVoxels } from '../imaging/voxel-limit';
import { sizeOf } from '../imaging/volume';
import type { Grant, FromWorker, JobResult, TensorBytes, ToWorker, Work } from '../pipeline/job';
import type { InferenceContext } from '../pipeline/model-run';
import { statedBytes } from '../pipeline/memory-plan';
import { answerMask } from '../pipeline/interactive/answer';
import { runReceivedArrayJob } from '../pipeline/interactive/received-array';
import { runPolygonJob } from '../pipeline/polygons/run-polygon-job';
import { runJob } from '../pipeline/run-job';
import { runNiftiJob } from '../pipeline/to-nifti';
import { StageClock } from '../telemetry/stages';
import { TransformLibrary } from '../transforms/own/library';
import type { InferRequest } from '../triton/inference-client';
import { isTensorFlow } from '../triton/model-config';
import { createTriton, type Triton, type TritonOptions } from '../triton/triton';
import { ArrivingJob } from './arriving-job';
import { Lease } from './memory-budget';
import { classOf } from './job-class';
import { parseParams } from './params';
import { RightOfWay } from './right-of-way';
import { SharedJobProgress } from './shared-job-progress';

/** Start-up data of a worker thread. */
export interface WorkerSettings {
  triton: Omit<TritonOptions, 'log'>;
  /** For TensorFlow models. @default the same */
  tensorflowTriton?: Omit<TritonOptions, 'log'>;
  /** Most voxels that resampling may make of one image. */
  maxVoxels: number;
  /** Folder with the transforms that model authors brought. */
  lib: string;
  /** Path and first letters of folders for files that ITK reads; the thread's number follows. */
  scratch: string;
  /** This thread's part of the memory for jobs. */
  lease: Pick<Lease, 'shared' | 'index'>;
  /** For this thread's {@link RightOfWay}. */
  way: { shared: Int32Array<SharedArrayBuffer>; thread: number };
  /** Of the slot's {@link SharedJobProgress}. */
  progress: SharedArrayBuffer;
  /** To the gateway's decode threads. */
  decoders: MessagePort;
  /** For errors of the disk. */
  folders: NamedFolders;
}

const port = parentPort!;
const settings = workerData as WorkerSettings;
const progress = new SharedJobProgress(settings.progress);
let tensorBytes: TensorBytes = { inline: 0, shared_memory: 0 };
const send = (message: FromWorker) => port.postMessage(message);

/** A line for the log of the process, under the id of the request that runs here. */
function log(level: 'info' | 'warn' | 'error', message: string, facts: Record<string, unknown> = {}): void {
  send({ kind: 'log', level, message, facts: { ...facts, request: running?.request, worker: threadId } });
}

nameFolders(settings.folders);
limitVoxels(settings.maxVoxels);
useArena();
useDecoders(settings.decoders);
const clientOf = (options: Omit<TritonOptions, 'log'>) =>
  createTriton({ ...options, log, onTensors: (transport, bytes) => (tensorBytes[transport] += bytes) });
const triton = clientOf(settings.triton);
const tensorflow = settings.tensorflowTriton && clientOf(settings.tensorflowTriton);

const clients = tensorflow ? [triton, tensorflow] : [triton];
const regionBytes = () => clients.reduce((sum, { sharedMemoryBytes }) => sum + sharedMemoryBytes, 0);

/** The client of the Triton that serves a model of a job. */
function tritonOf(job: Work, model: string): Triton {
  const { spec } = 'kind' in job ? { spec: undefined } : (job.related?.[model] ?? job);
  return (spec?.triton && isTensorFlow(spec.triton) && tensorflow) || triton;
}

const library = new TransformLibrary(settings.lib);
const lease = new Lease(settings.lease.shared, settings.lease.index);
const way = new RightOfWay(settings.way.shared, settings.way.thread);
/** `kept`: bytes of shared memory from earlier jobs, beside what was granted. */
let running: { request: string; file: string; abort: AbortController; granted: number; kept: number; later?: boolean } | undefined; // prettier-ignore
/** Set for the job that was sent last, if its image was still arriving. */
let arriving: ArrivingJob | undefined;
let giveRoom: (place?: Uint8Array) => void = () => undefined;
let giveMemory: (grant: Grant) => void = () => undefined;
let giveDisk: (error?: ErrorData) => void = () => undefined;
keepItkFilesAt(`${settings.scratch}${threadId}-`);

/** Takes the memory of the job that runs here. @throws MEMORY_EXCEEDED, MEMORY_BUSY: the job begins anew when there is room, unless it has taken some for another image */
async function takeMemory(bytes: number, voxels: number): Promise<void> {
  if (!running) return;
  const { file, granted } = running;
  if (bytes <= granted) return;
  if (!lease.fits(bytes) || (granted > 0 && !lease.grow(bytes + running.kept)))
    throw lease.refusal(bytes, file, voxels);
  if (granted === 0) {
    const kept = regionBytes();
    if (lease.growUnasked(bytes + kept)) {
      Object.assign(running, { kept, granted: bytes });
      return;
    }
    const answer = new Promise<Grant>((resolve) => (giveMemory = resolve));
    send({ kind: 'memory', bytes, kept });
    const grant = await answer;
    running.later = grant === 'none';
    if (running.later) throw lease.refusal(bytes, file, voxels);
    if (grant === 'beside') running.kept = kept;
    else await Promise.all(clients.map((client) => client.dropSharedMemory()));
  }
  running.granted = bytes;
}

// Memory that was not stated is taken at once: whoever waited here would keep what others wait for.
checkGrowth((bytes) => {
  if (!running || bytes <= running.granted) return;
  if (!lease.grow(bytes + running.kept)) throw lease.refusal(bytes, running.file);
  running.granted = bytes;
});

/** @throws what the main thread says against a file of so many bytes */
async function roomOnDisk(bytes: number): Promise<void> {
  const answer = new Promise<ErrorData | undefined>((resolve) => (giveDisk = resolve));
  send({ kind: 'room', bytes });
  const error = await answer;
  if (error) throw new GatewayError(error);
}

async function run(job: Work, beside: boolean, arriving?: ArrivingJob): Promise<void> {
  const abort = new AbortController();
  followFile(arriving?.file);
  running = { request: job.id, file: job.image.name, abort, granted: 0, kept: 0 };
  onAnnouncedImage((image) => takeMemory(statedBytes(job, image), sizeOf(image.volume.shape)));
  if (progress.cancelled) abort.abort();
  tensorBytes = { inline: 0, shared_memory: 0 };
  const throwIfCancelled = () => {
    if (progress.cancelled) throw fail('CANCELLED');
  };
  readBeside(beside, throwIfCancelled);
  const clock = new StageClock(progress);
  const underWay = new Set<Promise<unknown>>();
  const isClick = classOf(job) === 'click';
  const context = {
    infer(request: InferRequest) {
      const { inTurn = (call) => call() } = request;
      if (isClick) way.take();
      const afterClicks: typeof inTurn = (call) => inTurn(() => way.give().then(call));
      const answer = tritonOf(job, request.model).infer({
        ...request,
        inTurn: isClick ? inTurn : afterClicks,
        traceparent: 'kind' in job ? undefined : job.traceparent,
      });
      underWay.add(answer);
      const forget = () => underWay.delete(answer);
      answer.then(forget, forget);
      return answer;
    },
    instances: (model: string, version: string) => tritonOf(job, model).instances(model, version),
    signal: abort.signal,
    throwIfCancelled,
    confirmed: async () => arriving?.confirmed(),
    async ownTransform(name: string) {
      // It may look at the file, or tell others of it.
      await arriving?.confirmed();
      return library.load(name);
    },
    reserve(bytes: number) {
      send({ kind: 'reserve', bytes });
      return new Promise<Uint8Array | undefined>((resolve) => (giveRoom = resolve));
    },
  };
  try {
    const result = await resultOf(job, context, clock);
    send({ kind: 'done', result, tensorBytes });
  } catch (error) {
    if (running.later || arriving?.isOpen) send({ kind: 'later' });
    else tellFailure(asGatewayError(error));
  }
  way.leave();
  // A call that outlives its failed job writes its answer into the arena, and so does a thread that reads for it.
  abort.abort();
  await Promise.allSettled([...underWay, abandonVoxels()]);
  await Promise.all(clients.map((client) => client.clearSharedMemory())).catch((error: unknown) => {
    log('warn', 'shared memory could not be cleared', { reason: recordOf(error) });
  });
  const { bytes, beyond } = resetArena();
  const tooLarge = 'the voxels of a job took more than the 4 GB of its arena: the rest lay in arrays of its own';
  if (beyond > 0) log('info', tooLarge, { beyond });
  running = undefined;
  send({ kind: 'idle', keptBytes: bytes + regionBytes() });
}

function tellFailure(error: GatewayError): void {
  // The answer has the sentence; the author of a transform needs the place as well.
  const stack = framesOf(error.cause instanceof Error ? error.cause : error);
  if (error.code === 'INTERNAL' || error.code === 'TRANSFORM_FAILED')
    log('error', error.record, { stack, ...error.details });
  send({ kind: 'failed', error: error.toData(), tensorBytes });
}

async function resultOf(job: Work, context: InferenceContext, clock: StageClock): Promise<JobResult> {
  if (!('kind' in job)) return runJob(job, context, clock);
  if (job.kind === 'to-nifti') return runNiftiJob(job, clock, roomOnDisk);
  if (job.kind === 'received-array') return runReceivedArrayJob(job, clock, roomOnDisk);
  if (job.kind === 'mask-answer') return answerMask(job.interaction, job.directory);
  const schema = job.kind === 'fix-polygon' ? fixPolygonParams : maskToPolygonParams;
  const text = job.params && (await readFile(job.params, 'utf8'));
  return runPolygonJob({ ...job, params: parseParams(text, schema, Infinity) }, clock);
}

let turn: Promise<void> = Promise.resolve();

function begin(job: Work, beside: boolean): void {
  const image = 'kind' in job ? undefined : job.arriving;
  const follow = image && new ArrivingJob(job.image.path, image, () => send({ kind: 'confirm' }));
  arriving = follow;
  turn = turn.then(() => run(job, beside, follow));
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'run':
      begin(message.job, message.beside);
      break;
    case 'cancel':
      running?.abort.abort();
      arriving?.giveUp();
      break;
    case 'confirm':
    case 'postpone':
      arriving?.hear(message);
      break;
    case 'reserve':
      giveRoom(message.place);
      break;
    case 'memory':
      giveMemory(message.grant);
      break;
    case 'room':
      giveDisk(message.error);
      break;
    case 'close':
      turn = turn.then(() => Promise.all([triton.close(), tensorflow?.close()])).then(() => undefined).finally(() => port.close()); // prettier-ignore
      break;
  }
});
