import { decodeHalf } from '../../half';
import type { RawEntry } from '../archives/raw-entry';
import { textOf, withTorchArchive } from '../formats/torch-archive';
import { Opaque, readPickle, TensorView, type StorageType } from './pickle';

/** Bytes per element of the storages that weights may have. */
const weightBytes: Partial<Record<StorageType, number>> = { Float: 4, Half: 2, BFloat16: 2, Double: 8 };
const otherBytes: Partial<Record<StorageType, number>> = { Long: 8, Int: 4, Short: 2, Char: 1, Byte: 1, Bool: 1 };

/** The pickle of a large network is some hundred kilobytes. */
const MAX_PICKLE_BYTES = 16 << 20;
/** Only tensors that do not lie in order need their storage in memory. */
const MAX_STORAGE_IN_MEMORY = 64 << 20;
/** Elements that are widened at a time. */
const CHUNK_ELEMENTS = 1 << 16;

/** A tensor of a checkpoint. */
export interface Weight {
  size: readonly number[];
  /** Its values in C order as float32, little-endian, in pieces: memory does not grow with it. */
  read(): AsyncGenerator<Uint8Array>;
}

/** A file of nnU-Net's trainer, with the weights still in it. */
export interface Checkpoint {
  /** By their names in the state dict, without the prefixes of DDP and torch.compile. */
  weights: Map<string, Weight>;
  trainer: string;
  configuration?: string;
  /** Spatial axes that were mirrored in training; null for none. */
  mirrorAxes: number[] | null;
  /** Copies of plans.json and dataset.json, as far as they are JSON. */
  plans?: unknown;
  dataset?: unknown;
}

/**
 * Opens a `checkpoint_final.pth` of nnU-Net 2 and calls `use` while the file is open. Nothing of it is run: see {@link readPickle}.
 * @throws Error naming what is wrong with it
 */
export function withCheckpoint<T>(path: string, use: (checkpoint: Checkpoint) => Promise<T>): Promise<T> {
  return withTorchArchive(path, async (entries) => {
    const pickle = entries.find(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
    if (!pickle) throw new Error('it has no data.pkl: torch.save of PyTorch 1.6 or newer writes one');
    const root = pickle.name.slice(0, -'data.pkl'.length);
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    if (byName.size < entries.length) throw new Error('two of its entries have the same name');
    const order = byName.get(`${root}byteorder`);
    if (order && order.bytes < 64 && (await textOf(order)) !== 'little') throw new Error('its numbers are big-endian');
    if (pickle.bytes > MAX_PICKLE_BYTES) throw new Error(`its data.pkl has ${pickle.bytes} bytes, at most ${MAX_PICKLE_BYTES} are read`);
    const top = readPickle(Buffer.from(await textOf(pickle), 'latin1'));
    return use(checkpointOf(top, (key) => byName.get(`${root}data/${key}`)));
  });
} // prettier-ignore

function checkpointOf(top: unknown, entryOf: (key: string) => RawEntry | undefined): Checkpoint {
  const state = top instanceof Map ? (top as Map<unknown, unknown>).get('network_weights') : undefined;
  if (!(top instanceof Map) || !(state instanceof Map)) {
    const keys = top instanceof Map ? [...top.keys()].slice(0, 6).map(String).join(', ') : 'none';
    throw new Error(`it is not a checkpoint of nnU-Net 2: it has no "network_weights" (its keys: ${keys || 'none'}); of another network export TorchScript (torch.jit.trace or torch.jit.script, then save) or ONNX`);
  }
  const storages = new Map<string, TensorView['storage']>();
  const weights = new Map<string, Weight>();
  for (const [key, value] of state) {
    if (typeof key !== 'string' || !(value instanceof TensorView))
      throw new Error(`its network_weights has ${JSON.stringify(String(key).slice(0, 100))}, which is not a tensor`);
    checkStorage(value, storages, entryOf);
    weights.set(key.replace(/^(module\.|_orig_mod\.)+/, ''), weightOf(key, value, entryOf(value.storage.key)!));
  }
  const init = top.get('init_args') instanceof Map ? (top.get('init_args') as Map<unknown, unknown>) : new Map();
  const axes: unknown = top.get('inference_allowed_mirroring_axes') ?? null;
  const areAxes = Array.isArray(axes) && axes.length <= 3 && axes.every((axis, at) => [0, 1, 2].includes(axis as number) && axes.indexOf(axis) === at);
  if (axes !== null && !areAxes) throw new Error(`its inference_allowed_mirroring_axes is ${JSON.stringify(jsonOf(axes))}, not axes 0 to 2`);
  const [trainer, configuration] = [top.get('trainer_name'), init.get('configuration')];
  return {
    weights,
    trainer: typeof trainer === 'string' ? trainer : 'unknown',
    configuration: typeof configuration === 'string' ? configuration : undefined,
    mirrorAxes: axes as number[] | null,
    plans: jsonOf(init.get('plans')),
    dataset: jsonOf(init.get('dataset_json')),
  };
} // prettier-ignore

function checkStorage(
  { storage }: TensorView,
  known: Map<string, TensorView['storage']>,
  entryOf: (key: string) => RawEntry | undefined,
): void {
  const { key, type, length } = storage;
  const other = known.get(key);
  if (other && (other.type !== type || other.length !== length))
    throw new Error(`its storage "${key}" is said to be ${length} of ${type} and ${other.length} of ${other.type}`);
  known.set(key, storage);
  const entry = entryOf(key);
  if (!entry) throw new Error(`its storage "${key}" is missing`);
  const bytes = length * (weightBytes[type] ?? otherBytes[type]!);
  if (entry.bytes !== bytes) throw new Error(`its storage "${key}" has ${entry.bytes} bytes, and ${length} of ${type} take ${bytes}`);
  if (entry.isCompressed) throw new Error(`its storage "${key}" is compressed, which torch.save does not do`);
} // prettier-ignore

function weightOf(name: string, { storage, offset, size, stride }: TensorView, entry: RawEntry): Weight {
  const length = size.reduce((product, n) => product * n, 1);
  const dense = size.map((_, d) => size.slice(d + 1).reduce((product, n) => product * n, 1));
  const inOrder = length === 0 || size.every((n, d) => n === 1 || stride[d] === dense[d]);
  const bytes = weightBytes[storage.type];
  return {
    size,
    async *read() {
      if (!bytes) throw new Error(`its weights "${name}" are of ${storage.type}, not floating point`);
      if (inOrder) {
        yield* widened(part(await entry.open(), offset * bytes, length * bytes), storage.type, bytes);
        return;
      }
      if (entry.bytes > MAX_STORAGE_IN_MEMORY || length > MAX_STORAGE_IN_MEMORY)
        throw new Error(`its weights "${name}" lie out of order in a storage of ${entry.bytes} bytes`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of widened(part(await entry.open(), 0, entry.bytes), storage.type, bytes)) chunks.push(chunk);
      const all = Buffer.concat(chunks);
      const flat = new Float32Array(all.buffer.slice(all.byteOffset, all.byteOffset + all.byteLength));
      yield bytesOf(inCOrder(flat, offset, size, stride, length));
    },
  };
} // prettier-ignore

function inCOrder(flat: Float32Array, offset: number, size: readonly number[], stride: readonly number[], length: number) {
  const out = new Float32Array(length);
  const index = size.map(() => 0);
  for (let at = 0; at < length; at++) {
    out[at] = flat[index.reduce((sum, i, d) => sum + i * stride[d], offset)];
    for (let d = size.length - 1; d >= 0 && ++index[d] === size[d]; d--) index[d] = 0;
  }
  return out;
} // prettier-ignore

/** `length` bytes from `from` of a stream, which is read to its end: only then its checksum is known. */
async function* part(stream: AsyncIterable<unknown>, from: number, length: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const [start, end] = [Math.max(0, from - at), Math.min(chunk.length, from + length - at)];
    at += chunk.length;
    if (end > start) yield chunk.subarray(start, end);
  }
}

/** Float32 of the numbers of a stream. */
async function* widened(stream: AsyncGenerator<Buffer>, type: StorageType, bytes: number): AsyncGenerator<Uint8Array> {
  if (type === 'Float') return yield* stream;
  let rest = Buffer.alloc(0);
  for await (const chunk of stream) {
    const all = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const whole = all.length - (all.length % bytes);
    for (let from = 0; from < whole; from += CHUNK_ELEMENTS * bytes)
      yield bytesOf(widen(all.subarray(from, Math.min(whole, from + CHUNK_ELEMENTS * bytes)), type, bytes));
    rest = Buffer.from(all.subarray(whole));
  }
}

function widen(from: Buffer, type: StorageType, bytes: number): Float32Array {
  const out = new Float32Array(from.length / bytes);
  const bits = new Uint32Array(out.buffer);
  const halves = () => Uint16Array.from({ length: out.length }, (_, at) => from.readUInt16LE(at * 2));
  if (type === 'Double') for (let at = 0; at < out.length; at++) out[at] = from.readDoubleLE(at * 8);
  else if (type === 'BFloat16') halves().forEach((half, at) => (bits[at] = half << 16));
  else decodeHalf(halves(), out);
  return out;
}

const bytesOf = (array: Float32Array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** A value of a pickle as JSON has it; undefined where it is something else. Its depth and size were checked. */
function jsonOf(value: unknown): unknown {
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, inner]) => [String(key), jsonOf(inner)] as const));
  if (Array.isArray(value)) return value.map(jsonOf);
  if (value instanceof Opaque || value instanceof TensorView || (typeof value === 'object' && value !== null))
    return undefined;
  return value;
}
