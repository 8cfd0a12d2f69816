import { parentPort, threadId, workerData, type MessagePort } from 'node:worker_threads';
import { resetArena, useArena } from '../arena';
import { asGatewayError, fail } from '../errors';
import { useDecoders } from '../imaging/formats/dicom/frames/decode-into';
import { limitVoxels } from '../imaging/voxel-limit';
import type { FromWorker, TensorBytes, ToWorker, Work } from '../pipeline/job';
import { runPolygonJob } from '../pipeline/polygons/run-polygon-job';
import { runJob } from '../pipeline/run-job';
import { StageClock } from '../telemetry/stages';
import { TransformLibrary } from '../transforms/own/library';
import type { InferRequest } from '../triton/inference-client';
import { createTriton, type TritonOptions } from '../triton/triton';
import { SharedJobProgress } from './shared-job-progress';

/** What a worker thread is started with. */
export interface WorkerSettings {
  triton: Omit<TritonOptions, 'log'>;
  /** Most voxels that resampling may make of one image. */
  maxVoxels: number;
  /** Folder with the transforms that model authors brought. */
  lib: string;
  /** Of the slot's {@link SharedJobProgress}. */
  progress: SharedArrayBuffer;
  /** To the gateway's decode threads. */
  decoders: MessagePort;
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

limitVoxels(settings.maxVoxels);
useArena();
useDecoders(settings.decoders);
const triton = createTriton({
  ...settings.triton,
  log,
  onTensors: (transport, bytes) => (tensorBytes[transport] += bytes),
});
const library = new TransformLibrary(settings.lib);
let running: { request: string; abort: AbortController } | undefined;
let giveRoom: (place?: Uint8Array) => void = () => undefined;

async function run(job: Work): Promise<void> {
  const abort = new AbortController();
  running = { request: job.id, abort };
  if (progress.cancelled) abort.abort();
  tensorBytes = { inline: 0, shared_memory: 0 };
  const clock = new StageClock(progress);
  const underWay = new Set<Promise<unknown>>();
  const context = {
    infer(request: InferRequest) {
      const answer = triton.infer({ ...request, traceparent: 'kind' in job ? undefined : job.traceparent });
      underWay.add(answer);
      const forget = () => underWay.delete(answer);
      answer.then(forget, forget);
      return answer;
    },
    instances: (model: string, version: string) => triton.instances(model, version),
    signal: abort.signal,
    throwIfCancelled() {
      if (progress.cancelled) throw fail('CANCELLED');
    },
    ownTransform: (name: string) => library.load(name),
    reserve(bytes: number) {
      send({ kind: 'reserve', bytes });
      return new Promise<Uint8Array | undefined>((resolve) => (giveRoom = resolve));
    },
  };
  try {
    const result = 'kind' in job ? await runPolygonJob(job, clock) : await runJob(job, context, clock);
    send({ kind: 'done', result, tensorBytes });
  } catch (error) {
    const known = asGatewayError(error);
    // The answer has the sentence; the author of a transform needs the place as well.
    const stack = known.cause instanceof Error ? known.cause.stack : known.stack;
    if (known.code === 'INTERNAL' || known.code === 'TRANSFORM_FAILED')
      log('error', known.message, { stack, ...known.details });
    send({ kind: 'failed', error: known.toData(), tensorBytes });
  }
  // A call that outlives its failed job writes its answer into the arena.
  abort.abort();
  await Promise.allSettled(underWay);
  const { bytes, beyond } = resetArena();
  const tooLarge = 'the voxels of a job took more than the 4 GB of its arena: the rest lay in arrays of its own';
  if (beyond > 0) log('info', tooLarge, { beyond });
  running = undefined;
  send({ kind: 'idle', arenaBytes: bytes });
}

let turn: Promise<void> = Promise.resolve();

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'run':
      turn = turn.then(() => run(message.job));
      break;
    case 'cancel':
      running?.abort.abort();
      break;
    case 'reserve':
      giveRoom(message.place);
      break;
    case 'close':
      turn = turn.then(() => triton.close()).finally(() => port.close());
      break;
  }
});
