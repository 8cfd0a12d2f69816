import { asGatewayError, type ErrorCode } from '../../errors';
import { allocateData, bytesPerElement, datatypeOfConfig, isDatatype } from '../../triton/datatypes';
import type { TritonTensorConfig } from '../../triton/model-config';
import { byteLength, describeType, elementCount, type Tensor, type TensorType } from '../../triton/tensor';
import type { Triton } from '../../triton/triton';
import type { ModelSpec, NnunetMember } from '../../model-spec';
import { checkInfo, checkLabels, checkOutputShape, compareAnswers } from './checks';

/** The findings about a model that Triton serves. Sentences; errors mean that it cannot work, warnings that it may not do what is wanted. */
export interface Checkup {
  errors: string[];
  warnings: string[];
  /** One inference on zeros; absent when it was not tried or did not end well. */
  dryRun?: DryRun;
}

export interface DryRun {
  /** Name and type of each tensor, such as `NV_MODEL_INPUT FP32 [1, 1, 96, 96, 96]`. */
  inputs: string[];
  outputs: string[];
  /** The first run pays for what frameworks put off until then; the second tells what a window costs. */
  firstMs: number;
  secondMs: number;
  /** Size of all tensors of one call, MB (2^20 bytes). */
  tensorsMb: number;
  /** Memory that the backend says the model takes after these runs, MB; absent where it does not tell. */
  backendMb?: number;
}

export interface ExamineOptions {
  /** Longest first run. 0: none is made */
  dryRunMs: number;
  /** Memory for the tensors of one job in bytes: what does not fit goes through slower messages. */
  tensorBytes: number;
}

/** Windows are far smaller; the zeros are made and sent by the thread that answers everybody. */
const MAX_TRIAL_MB = 256;

/** Failures that say something of the model, and not of Triton or the line to it. */
const aboutModel = new Set<ErrorCode>(['INFERENCE_FAILED', 'BAD_TENSOR', 'TRITON_TIMEOUT']);

/** Sends zeros in the shape of one window through a model that is ready, and compares what comes back with what its config promises. */
export async function examine(
  spec: ModelSpec,
  version: number,
  triton: Triton,
  options: ExamineOptions,
): Promise<Checkup> {
  const checkup: Checkup = { errors: [], warnings: [...checkInfo(spec)] };
  const trial = options.dryRunMs > 0 ? trialOf(spec) : undefined;
  if (!trial) return checkup;
  const shapes = trial.inputs.map(named).join(', ');
  const bytesOf = ({ datatype, shape }: TensorType) => elements(shape) * bytesPerElement(datatype);
  const megabytes = mb(trial.inputs.reduce((sum, input) => sum + bytesOf(input), 0));
  if (megabytes > MAX_TRIAL_MB) {
    checkup.warnings.push(`No trial run was made: its inputs (${shapes}) would take ${megabytes} MB, and more than ${MAX_TRIAL_MB} are not tried`); // prettier-ignore
    return checkup;
  }
  try {
    const first = await run(spec, version, trial, triton, options.dryRunMs);
    const second = await run(spec, version, trial, triton, options.dryRunMs);
    const tensors = [...trial.inputs, ...second.outputs];
    const bytes = tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
    const memory = await triton.models.memory(spec.name, String(version)).catch(() => undefined);
    checkup.dryRun = {
      inputs: trial.inputs.map(named),
      outputs: second.outputs.map(named),
      firstMs: Math.round(first.ms),
      secondMs: Math.round(second.ms),
      tensorsMb: tenths(bytes / 2 ** 20),
      backendMb: memory === undefined ? undefined : tenths(memory / 2 ** 20),
    };
    const [{ shape }] = trial.inputs;
    (trial.certain ? checkup.errors : checkup.warnings).push(...checkOutputShape(spec, shape, second.outputs));
    checkup.warnings.push(...compareAnswers(first.outputs, second.outputs));
    checkup.warnings.push(...checkLabels(spec, shape, second.outputs));
    const perCall = bytes * batchOf(spec);
    if (perCall > options.tensorBytes)
      checkup.warnings.push(`The tensors of one call take ${mb(perCall)} MB, more than the ${mb(options.tensorBytes)} MB of shared memory for a job: they go through messages, which is slower. Use a smaller roi or batch, or raise --shared_memory_mb`); // prettier-ignore
  } catch (error) {
    const { code, message } = asGatewayError(error);
    if (!aboutModel.has(code)) throw error;
    if (trial.certain && code !== 'TRITON_TIMEOUT')
      checkup.errors.push(`A trial run on zeros (${shapes}) fails: ${message}`);
    else checkup.warnings.push(`A trial run on zeros${trial.certain ? '' : ' in a guessed shape'} (${shapes}) did not succeed: ${message}`); // prettier-ignore
  }
  return checkup;
}

async function run(spec: ModelSpec, version: number, trial: Trial, triton: Triton, deadlineMs: number) {
  const wanted = spec.inference.outputs.map(({ tensor }) => ({ name: tensor }));
  const outputs = wanted.length > 0 ? wanted : spec.triton!.output.map(({ name }) => ({ name }));
  const dataOf = ({ datatype, shape }: TensorType) => allocateData(datatype, elementCount(shape));
  const inputs = trial.inputs.map((type): Tensor => ({ ...type, data: dataOf(type) }));
  const started = performance.now();
  const answer = await triton.infer({ model: spec.name, version: String(version), inputs, outputs, deadlineMs });
  return { outputs: [...answer.values()], ms: performance.now() - started };
}

function batchOf({ inference: { inferer }, triton }: ModelSpec): number {
  const wanted = inferer.kind === 'scanning-window' ? inferer.batchSize : 1;
  return triton && triton.max_batch_size > 0 ? Math.min(wanted, triton.max_batch_size) : wanted;
}

const named = ({ name, ...type }: TensorType & { name: string }) => `${name} ${describeType(type)}`;

/** As a floating-point number: a config may ask for more than any buffer holds. */
const elements = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

const tenths = (value: number) => Math.round(value * 10) / 10;

const mb = (bytes: number) => Math.round(bytes / 2 ** 20);

/** Inputs for a first run of a model. */
export interface Trial {
  inputs: (TensorType & { name: string })[];
  /** True when jobs send just these shapes: a failure with them is the model's. Else free axes were filled with a guess. */
  certain: boolean;
}

/** For free axes that nothing in the config tells the length of: long enough for five halvings, small enough for a CPU. */
const GUESS = 64;

/**
 * Tensors in the shape that jobs send: fixed axes as they are, the batch as one, the free axes after them the lengths of the window. Undefined
 * where a tensor holds no numbers.
 */
export function trialOf({ triton, inference, pre }: ModelSpec): Trial | undefined {
  if (!triton) return undefined;
  if (inference.inferer.kind === 'nnunet-ensemble')
    return { inputs: inputsOf(inference.inferer.members[0]), certain: true };
  const window = windowOf(inference.inferer, pre);
  const inputs: Trial['inputs'] = [];
  let certain = true;
  for (const input of triton.input) {
    const datatype = datatypeOfConfig(input.data_type);
    if (!isDatatype(datatype)) return undefined;
    const filled = fill(input, window, triton.max_batch_size);
    certain &&= filled.certain;
    inputs.push({ name: input.name, datatype, shape: filled.shape });
  }
  return inputs.length > 0 ? { inputs, certain } : undefined;
}

/** A window of one of nnU-Net's networks, and the tensor that says which. */
function inputsOf({ patch, channels, network }: NnunetMember): Trial['inputs'] {
  const before = patch.length === 2 ? [1, 1] : [1];
  return [
    { name: 'input', datatype: 'FP32', shape: [...before, channels, ...patch] },
    { name: 'network', datatype: 'FP32', shape: [1, network + 1] },
  ];
}

/** Lengths that the config gives the spatial axes at the end of the pre-transforms; undefined when images keep their own. */
function windowOf(inferer: ModelSpec['inference']['inferer'], pre: ModelSpec['pre']): number[] | undefined {
  if (inferer.kind === 'scanning-window') return inferer.roi.every((length) => length > 0) ? inferer.roi : undefined;
  const sizes = pre.map(({ args }) => args.spatial_size ?? args.target_shape).filter((size) => size !== undefined);
  const size = sizes.at(-1);
  return Array.isArray(size) && size.every((length) => typeof length === 'number' && length > 0) ? size : undefined;
}

function fill({ dims }: TritonTensorConfig, window: number[] | undefined, maxBatchSize: number) {
  const free = dims.flatMap((length, axis) => (length === -1 ? [axis] : []));
  const shape = [...dims];
  // A window may have an axis of length 1 that a 2-D model does not have.
  const readings = window ? [window, window.filter((length) => length !== 1)] : [];
  const spatial = readings.find((lengths) => lengths.length === free.length || (maxBatchSize === 0 && lengths.length + 1 === free.length && free[0] === 0)); // prettier-ignore
  const batchFirst = spatial ? spatial.length < free.length : maxBatchSize === 0 && free[0] === 0 && dims.length > 3;
  free.forEach((axis, at) => {
    if (batchFirst && at === 0) shape[axis] = 1;
    else shape[axis] = spatial ? spatial[at - (batchFirst ? 1 : 0)] : GUESS;
  });
  const onlyBatchIsFree = free.length === 0 || (batchFirst && free.length === 1);
  // Windows with an axis of length 1 may be sent without it: which way is decided by the image.
  const clear = spatial !== undefined && !spatial.includes(1);
  return { shape: maxBatchSize > 0 ? [1, ...shape] : shape, certain: onlyBatchIsFree || clear };
}
