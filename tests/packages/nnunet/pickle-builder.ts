import { zipOfParts, type ZipPart } from '../zip-builder';

/** A piece of a pickle: opcodes that leave one value on the stack. */
export type Pickled = Buffer;

const op = (...parts: (number | string | Buffer)[]): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === 'number' ? Buffer.from([part]) : typeof part === 'string' ? Buffer.from(part, 'latin1') : part,
    ),
  );

export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

export const none = op('N');
export const text = (value: string): Pickled => op('X', uint32(Buffer.byteLength(value)), Buffer.from(value));
export const int = (value: number): Pickled => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return op('J', bytes);
};
export const float = (value: number): Pickled => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return op('G', bytes);
};
export const list = (...items: Pickled[]): Pickled => op(']', '(', ...items, 'e');
export const tuple = (...items: Pickled[]): Pickled => op('(', ...items, 't');
export const dict = (entries: Record<string, Pickled>): Pickled =>
  op('}', '(', ...Object.entries(entries).flatMap(([key, value]) => [text(key), value]), 'u');
export const global = (name: string): Pickled => {
  const at = name.lastIndexOf('.');
  return op('c', `${name.slice(0, at)}\n${name.slice(at + 1)}\n`);
};
export const call = (name: string, ...args: Pickled[]): Pickled => op(global(name), tuple(...args), 'R');
export const storage = (type: string, key: Pickled, length: Pickled): Pickled =>
  op(tuple(text('storage'), global(`torch.${type}Storage`), key, text('cpu'), length), 'Q');
export const raw = op;
export const pickle = (value: Pickled): Buffer => op(0x80, 2, value, '.');

/** JSON as pickle has it. */
export function json(value: unknown): Pickled {
  if (value === null || value === undefined) return none;
  if (typeof value === 'boolean') return op(value ? 0x88 : 0x89);
  if (typeof value === 'number') return Number.isInteger(value) ? int(value) : float(value);
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return list(...value.map(json));
  return dict(Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, json(inner)])));
}

export interface BuiltTensor {
  size: readonly number[];
  data: Float32Array;
}

export const tensor = (key: string, { size, data }: BuiltTensor): Pickled => {
  const stride = size.map((_, d) => size.slice(d + 1).reduce((product, n) => product * n, 1));
  const dims = (values: readonly number[]) => tuple(...values.map(int));
  const flat = storage('Float', text(key), int(data.length));
  return call('torch._utils._rebuild_tensor_v2', flat, int(0), dims(size), dims(stride), op(0x89), call('collections.OrderedDict'));
}; // prettier-ignore

export interface BuiltCheckpoint {
  weights: Record<string, BuiltTensor>;
  plans: unknown;
  dataset: unknown;
  configuration: string;
  mirrorAxes?: number[] | null;
  trainer?: string;
}

/** A `checkpoint_final.pth` as nnU-Net's trainer saves it. */
export function checkpoint({ weights, plans, dataset, configuration, mirrorAxes = null, trainer = 'nnUNetTrainer' }: BuiltCheckpoint): Buffer {
  const entries = Object.entries(weights);
  const top = dict({
    network_weights: dict(Object.fromEntries(entries.map(([name, one], at) => [name, tensor(String(at), one)]))),
    optimizer_state: none,
    init_args: dict({ plans: json(plans), configuration: text(configuration), fold: int(0), dataset_json: json(dataset), device: call('torch.device', text('cpu')) }),
    trainer_name: text(trainer),
    inference_allowed_mirroring_axes: mirrorAxes ? tuple(...mirrorAxes.map(int)) : none,
  });
  return torchZip(pickle(top), entries.map(([, { data }]) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
} // prettier-ignore

/** A file of torch.save around a pickle and its storages, by number. */
export function torchZip(
  data: Buffer,
  storages: readonly Buffer[],
  more: readonly ZipPart[] = [],
  byteOrder = 'little',
): Buffer {
  const stored = (name: string, content: Buffer | string): ZipPart => ({ name: `archive/${name}`, content, method: 0 });
  const parts = [stored('data.pkl', data), stored('byteorder', byteOrder), stored('version', '3\n')];
  return zipOfParts([...parts, ...storages.map((bytes, at) => stored(`data/${at}`, bytes)), ...more]);
}
