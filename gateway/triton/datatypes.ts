import { allocate, allocateUnset, type ArrayConstructor } from '../arena';
import { decodeHalf, encodeHalf } from '../half';

/** Elements of a tensor. BOOL is a Uint8Array of 0 and 1; FP16 is a Float32Array, and 16 bits wide only on its way to and from Triton. */
export type TensorData =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

type ArrayType = ArrayConstructor<TensorData> & { readonly name: string };

interface DatatypeFacts {
  /** Name in a ModelConfig. */
  configType: string;
  /** Bytes per element as Triton reads and writes it. */
  bytes: number;
  /** The array type that carries the elements in the gateway. */
  array: ArrayType;
}

const facts = {
  BOOL: { configType: 'TYPE_BOOL', bytes: 1, array: Uint8Array },
  UINT8: { configType: 'TYPE_UINT8', bytes: 1, array: Uint8Array },
  UINT16: { configType: 'TYPE_UINT16', bytes: 2, array: Uint16Array },
  UINT32: { configType: 'TYPE_UINT32', bytes: 4, array: Uint32Array },
  UINT64: { configType: 'TYPE_UINT64', bytes: 8, array: BigUint64Array },
  INT8: { configType: 'TYPE_INT8', bytes: 1, array: Int8Array },
  INT16: { configType: 'TYPE_INT16', bytes: 2, array: Int16Array },
  INT32: { configType: 'TYPE_INT32', bytes: 4, array: Int32Array },
  INT64: { configType: 'TYPE_INT64', bytes: 8, array: BigInt64Array },
  FP16: { configType: 'TYPE_FP16', bytes: 2, array: Float32Array },
  FP32: { configType: 'TYPE_FP32', bytes: 4, array: Float32Array },
  FP64: { configType: 'TYPE_FP64', bytes: 8, array: Float64Array },
} as const satisfies Record<string, DatatypeFacts>;

/** Element types that the gateway can send and receive, named as in the inference protocol. */
export type Datatype = keyof typeof facts;

const refused: Record<string, string> = {
  BF16: 'BF16 tensors are not supported: give the model FP32 or FP16 inputs and outputs',
  BYTES: 'BYTES (text) tensors are not supported: the gateway exchanges voxels and numbers only',
};

/** Why tensors of this type cannot be exchanged with Triton, or undefined when they can. */
export function refusalOf(datatype: string): string | undefined {
  if (datatype in facts) return undefined;
  return refused[datatype] ?? `"${datatype}" is not a Triton datatype (known: ${Object.keys(facts).join(', ')})`;
}

export function isDatatype(name: string): name is Datatype {
  return name in facts;
}

/**
 * `TYPE_FP32` → `FP32`; a type that cannot be exchanged comes back under its protocol name (`TYPE_STRING` → `BYTES`).
 */
export function datatypeOfConfig(configType: string): string {
  return configType === 'TYPE_STRING' ? 'BYTES' : configType.replace(/^TYPE_/, '');
}

/** `FP32` → `TYPE_FP32`. */
export function configTypeOf(datatype: Datatype): string {
  return facts[datatype].configType;
}

/** Bytes of one element on the wire and in shared memory. */
export function bytesPerElement(datatype: Datatype): number {
  return facts[datatype].bytes;
}

/** Name of the typed array that carries the type: `Float32Array` for FP32 and FP16. */
export function arrayNameOf(datatype: Datatype): string {
  return facts[datatype].array.name;
}

/**
 * Whether `data` is of the class that carries `datatype`. Asks by tag, since arrays of another realm have other
 * constructors.
 */
export function carries(datatype: Datatype, data: TensorData): boolean {
  return data[Symbol.toStringTag] === facts[datatype].array.name;
}

/** An array of zeros for `length` elements. */
export function allocateData(datatype: Datatype, length: number): TensorData {
  return allocate<TensorData>(facts[datatype].array, length);
}

/** The same for who writes every element: it holds anything. */
export function allocateUnsetData(datatype: Datatype, length: number): TensorData {
  return allocateUnset<TensorData>(facts[datatype].array, length);
}

/**
 * The elements as Triton wants them: row-major, little-endian. A view on `data`, except for FP16, which is converted
 * (round half to even).
 */
export function toWire(datatype: Datatype, data: TensorData): Uint8Array {
  const source = datatype === 'FP16' ? encodeHalf(data as Float32Array) : data;
  return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
}

/**
 * Puts the bytes of a whole tensor, as Triton sent them, into `out`, which must have been made for the same type and
 * length.
 */
export function fromWire(datatype: Datatype, bytes: Uint8Array, out: TensorData): void {
  if (datatype === 'FP16') {
    decodeHalf(aligned(bytes), out as Float32Array);
  } else {
    new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes);
  }
}

/** Inside a message a tensor may begin at an odd byte. (`slice` of a Buffer is a view of the same byte, so a new array is made.) */
function aligned(bytes: Uint8Array): Uint16Array {
  const start = bytes.byteOffset % 2 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint16Array(start.buffer, start.byteOffset, start.byteLength / 2);
}

if (new Uint8Array(new Uint16Array([1]).buffer)[0] !== 1) {
  throw new Error('Tensors are exchanged as they lie in memory, which needs a little-endian machine');
}
