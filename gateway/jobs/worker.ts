import { setFlagsFromString } from 'node:v8';
import { parentPort, threadId, workerData, type MessagePort } from 'node:worker_threads';
import { manageLargeArrays } from '../arena';
import { asGatewayError, fail } from '../errors';
import { useDecoders } from '../imaging/formats/dicom/frames/decode-into';
import { limitVoxels } from '../imaging/voxel-limit';
import { StageClock } from '../telemetry/stages';
import { TransformLibrary } from '../transforms/own/library';
import type { InferRequest } from '../triton/inference-client';
import { createTriton, type TritonOptions } from '../triton/triton';
import { dropGarbage, JobGarbage } from './collect-garbage';
import type { FromWorker, ToWorker, Work } from '../pipeline/job';
import { JobCell } from './job-cell';
import { runPolygonJob } from '../pipeline/polygons/run-polygon-job';
import { runJob } from '../pipeline/run-job';
import { TensorBytes } from './tensor-bytes';

/** What a worker thread is started with. */
export interface WorkerSettings {
  triton: Omit<TritonOptions, 'log'>;
  /** Most voxels that resampling may make of one image. */
  maxVoxels: number;
  /** Folder with the transforms that model authors brought. */
  lib: string;
  /** Of the slot's {@link TensorBytes}. */
  tensorBytes: SharedArrayBuffer;
  /** Of the slot's {@link JobCell}. */
  cell: SharedArrayBuffer;
  /** To the gateway's decode threads. */
  decoders: MessagePort;
}

const port = parentPort!;
const settings = workerData as WorkerSettings;
const cell = new JobCell(settings.cell);
const tensorBytes = new TensorBytes(settings.tensorBytes);
const send = (message: FromWorker) => port.postMessage(message);

/** A line for the log of the process, under the id of the request that runs here. */
function log(level: 'info' | 'warn' | 'error', message: string, facts: Record<string, unknown> = {}): void {
  send({ kind: 'log', level, message, facts: { ...facts, request: running?.request, worker: threadId } });
}

// Of 17 MB a heap may grow to 85 before V8 marks it: the buffers of clicks count as growth, and every third one would meet that.
setFlagsFromString('--heap-growing-percent=400');
limitVoxels(settings.maxVoxels);
manageLargeArrays();
useDecoders(settings.decoders);
const triton = createTriton({
  ...settings.triton,
  log,
  onTensors: (transport, bytes) => tensorBytes.add(transport, bytes),
});
const library = new TransformLibrary(settings.lib);
const ownTransform = (name: string) => library.load(name);
const garbage = new JobGarbage();
let running: { request: string; abort: AbortController } | undefined;

async function run(job: Work): Promise<void> {
  const ended = garbage.jobBegins();
  const abort = new AbortController();
  running = { request: job.id, abort };
  const clock = new StageClock(cell);
  const throwIfCancelled = () => {
    if (cell.cancelled) throw fail('CANCELLED');
  };
  try {
    const traceparent = 'kind' in job ? undefined : job.traceparent;
    const infer = (request: InferRequest) => triton.infer({ ...request, traceparent });
    const instances = (model: string, version: string) => triton.instances(model, version);
    const context = { infer, instances, signal: abort.signal, throwIfCancelled, dropGarbage, ownTransform };
    const result = 'kind' in job ? await runPolygonJob(job, clock) : await runJob(job, context, clock);
    send({ kind: 'done', result });
  } catch (error) {
    const known = asGatewayError(error);
    // The answer has the sentence; the author of a transform needs the place as well.
    const stack = known.cause instanceof Error ? known.cause.stack : known.stack;
    if (known.code === 'INTERNAL' || known.code === 'TRANSFORM_FAILED')
      log('error', known.message, { stack, ...known.details });
    send({ kind: 'failed', error: known.toData() });
  } finally {
    running = undefined;
    ended();
  }
}

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'run':
      void run(message.job);
      break;
    case 'cancel':
      running?.abort.abort();
      break;
    case 'close':
      void triton.close().finally(() => port.close());
      break;
  }
});
