/** Something that a pickle names or would make in Python, and that is only noted here: a class, an object, the outcome of a call. */
export class Opaque {
  constructor(readonly what: string) {}
}

/** The array of one storage: where a tensor's numbers lie in the file. */
export class Storage {
  constructor(
    readonly type: StorageType,
    readonly key: string,
    readonly length: number,
  ) {}
}

/** A tensor as a view of its storage; nothing has been read. */
export class TensorView {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly size: readonly number[],
    /** In elements. */
    readonly stride: readonly number[],
  ) {}
}

export type StorageType = (typeof storageTypes)[number];
const storageTypes = ['Float', 'Half', 'BFloat16', 'Double', 'Long', 'Int', 'Short', 'Char', 'Byte', 'Bool'] as const;

export type PickleMap = Map<unknown, unknown>;

/** Names that a pickle may use. Calls of them are answered by {@link reduce}: nothing is ever called. */
const globals = new Set([
  ...storageTypes.map((type) => `torch.${type}Storage`),
  'torch._utils._rebuild_tensor_v2',
  'torch._utils._rebuild_parameter',
  'torch.device',
  'torch.Size',
  'collections.OrderedDict',
  'collections.defaultdict',
  'builtins.set',
  '__builtin__.set',
  'numpy.core.multiarray.scalar',
  'numpy._core.multiarray.scalar',
  'numpy.dtype',
  '_codecs.encode',
]);

const MOST_VALUES = 1_000_000;
const LONGEST_TEXT = 1 << 20;
const DEEPEST = 200;

/** A pickle that `torch.save` did not write, or that holds what no checkpoint needs. */
export class PickleError extends Error {
  override readonly name = 'PickleError';
}

/**
 * Reads the `data.pkl` of a PyTorch checkpoint (pickle protocol 2, the opcodes that torch.save of PyTorch 2 writes) without running anything of it:
 * dictionaries become maps, lists and tuples arrays, tensors {@link TensorView}s, all else {@link Opaque}.
 * @throws PickleError naming the opcode or global and the byte where it stands
 */
export function readPickle(bytes: Buffer): unknown {
  const value = new PickleReader(bytes).read();
  checkTree(value);
  return value;
}

class PickleReader {
  private at = 0;
  private readonly stack: unknown[] = [];
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, unknown>();

  constructor(private readonly bytes: Buffer) {}

  read(): unknown {
    for (;;) {
      const start = this.at;
      const opcode = this.unsigned(1);
      if (opcode === 0x2e) return this.pop();
      const operation = operations[opcode];
      if (!operation) {
        const shown = `0x${opcode.toString(16).padStart(2, '0')}${refused[opcode] ? ` (${refused[opcode]})` : ''}`;
        throw new PickleError(`the opcode ${shown} at byte ${start} is none that torch.save writes`);
      }
      operation(this);
      if (this.stack.length > MOST_VALUES || this.memo.size > MOST_VALUES)
        throw new PickleError(`the pickle holds more than ${MOST_VALUES} values`);
    }
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) throw this.flaw('takes a value where there is none');
    return this.stack.pop();
  }

  top(): unknown {
    if (this.stack.length === 0) throw this.flaw('takes a value where there is none');
    return this.stack.at(-1);
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  sinceMark(): unknown[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.flaw('ends a list that was not begun');
    return this.stack.splice(mark);
  }

  unsigned(bytes: 1 | 2 | 4): number {
    return this.take(bytes).readUIntLE(0, bytes);
  }

  int32(): number {
    return this.take(4).readInt32LE();
  }

  double(): number {
    return this.take(8).readDoubleBE();
  }

  take(length: number): Buffer {
    if (length > LONGEST_TEXT || length < 0) throw this.flaw(`has a text of ${length} bytes`);
    if (this.at + length > this.bytes.length)
      throw new PickleError(`the pickle is cut off after its ${this.bytes.length} bytes`);
    return this.bytes.subarray(this.at, (this.at += length));
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0 || end - this.at > 500) throw this.flaw('has a name without an end');
    const text = this.bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  global(): void {
    const start = this.at - 1;
    const name = `${this.line()}.${this.line()}`;
    if (!globals.has(name))
      throw new PickleError(`it names ${name.slice(0, 120)} at byte ${start}, which no checkpoint of nnU-Net needs`);
    this.push(new Opaque(name));
  }

  put(index: number): void {
    this.memo.set(index, this.top());
  }

  get(index: number): void {
    if (!this.memo.has(index)) throw this.flaw(`refers to value ${index}, which there is not`);
    this.push(this.memo.get(index));
  }

  tuple(length: number): void {
    const items = Array.from({ length }, () => this.pop());
    this.push(items.reverse());
  }

  append(items: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list) && !(list instanceof Opaque)) throw this.flaw('appends to what is not a list');
    if (Array.isArray(list)) for (const item of items) list.push(item);
  }

  setItems(items: readonly unknown[]): void {
    const map = this.top();
    if (!(map instanceof Map) && !(map instanceof Opaque)) throw this.flaw('sets items of what is not a dictionary');
    if (items.length % 2 !== 0) throw this.flaw('sets a key without a value');
    if (map instanceof Map) for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  }

  persistent(): void {
    const id = this.pop();
    const [kind, type, key, , length] = Array.isArray(id) ? (id as unknown[]) : [];
    const name = type instanceof Opaque ? /^torch\.(\w+)Storage$/.exec(type.what)?.[1] : undefined;
    const known = storageTypes.find((one) => one === name);
    const isKey = typeof key === 'string' && /^\w{1,64}$/.test(key);
    if (kind !== 'storage' || !known || !isKey || !isCount(length))
      throw this.flaw('refers to data in another form than a storage of PyTorch');
    this.push(new Storage(known, key, length));
  }

  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof Opaque) || !Array.isArray(args)) throw this.flaw('calls what is not a class');
    this.push(reduce(callee.what, args as unknown[], (what) => this.flaw(what)));
  }

  /** BUILD: the state of an object that is not looked into; that of an OrderedDict is metadata. */
  build(): void {
    this.pop();
    this.top();
  }

  newObject(): void {
    this.pop();
    const type = this.pop();
    if (!(type instanceof Opaque)) throw this.flaw('makes an object of what is not a class');
    this.push(new Opaque(`${type.what}()`));
  }

  flaw(what: string): PickleError {
    return new PickleError(`the pickle ${what} (at byte ${this.at})`);
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 8 && value.every(isCount);

/** The value that a call stands for. */
function reduce(name: string, args: readonly unknown[], flaw: (what: string) => PickleError): unknown {
  if (name === 'torch._utils._rebuild_tensor_v2') {
    const [storage, offset, size, stride] = args;
    if (!(storage instanceof Storage) || !isCount(offset) || !areCounts(size) || !areCounts(stride) || size.length !== stride.length)
      throw flaw('has a tensor whose storage, offset, size or stride is none');
    const last = size.includes(0) ? -1 : size.reduce((sum, n, d) => sum + (n - 1) * stride[d], offset);
    if (last >= storage.length)
      throw flaw(`has a tensor of size [${size.join(', ')}] and stride [${stride.join(', ')}] from element ${offset}, beyond the ${storage.length} elements of its storage "${storage.key}"`);
    return new TensorView(storage, offset, size, stride);
  }
  if (name === 'torch._utils._rebuild_parameter') {
    if (!(args[0] instanceof TensorView)) throw flaw('has a parameter that is not a tensor');
    return args[0];
  }
  if (name === 'collections.OrderedDict' && args.length === 0) return new Map();
  return new Opaque(`${name}()`);
} // prettier-ignore

/** Opcodes of pickle protocols 0 to 2 (Python's pickletools) by their byte. */
const operations: Partial<Record<number, (reader: PickleReader) => void>> = {
  0x80: (reader) => {
    const protocol = reader.unsigned(1);
    if (protocol !== 2) throw reader.flaw(`has protocol ${protocol}, and torch.save writes 2`);
  },
  0x28: (reader) => reader.mark(),
  0x7d: (reader) => reader.push(new Map()),
  0x5d: (reader) => reader.push([]),
  0x29: (reader) => reader.push([]),
  0x4e: (reader) => reader.push(null),
  0x88: (reader) => reader.push(true),
  0x89: (reader) => reader.push(false),
  0x4b: (reader) => reader.push(reader.unsigned(1)),
  0x4d: (reader) => reader.push(reader.unsigned(2)),
  0x4a: (reader) => reader.push(reader.int32()),
  0x8a: (reader) => reader.push(longOf(reader.take(reader.unsigned(1)))),
  0x47: (reader) => reader.push(reader.double()),
  0x58: (reader) => reader.push(reader.take(reader.unsigned(4)).toString('utf8')),
  0x55: (reader) => reader.push(reader.take(reader.unsigned(1)).toString('latin1')),
  0x54: (reader) => reader.push(reader.take(reader.int32()).toString('latin1')),
  0x63: (reader) => reader.global(),
  0x71: (reader) => reader.put(reader.unsigned(1)),
  0x72: (reader) => reader.put(reader.unsigned(4)),
  0x68: (reader) => reader.get(reader.unsigned(1)),
  0x6a: (reader) => reader.get(reader.unsigned(4)),
  0x85: (reader) => reader.tuple(1),
  0x86: (reader) => reader.tuple(2),
  0x87: (reader) => reader.tuple(3),
  0x74: (reader) => reader.push(reader.sinceMark()),
  0x61: (reader) => {
    const item = reader.pop();
    reader.append([item]);
  },
  0x65: (reader) => reader.append(reader.sinceMark()),
  0x73: (reader) => {
    const value = reader.pop();
    const key = reader.pop();
    reader.setItems([key, value]);
  },
  0x75: (reader) => reader.setItems(reader.sinceMark()),
  0x51: (reader) => reader.persistent(),
  0x52: (reader) => reader.reduce(),
  0x81: (reader) => reader.newObject(),
  0x62: (reader) => reader.build(),
};

/** Names of opcodes that make objects or reach outside, for messages. */
const refused: Partial<Record<number, string>> = {
  0x69: 'INST',
  0x6f: 'OBJ',
  0x50: 'PERSID',
  0x82: 'EXT1',
  0x83: 'EXT2',
  0x84: 'EXT4',
  0x92: 'NEWOBJ_EX',
  0x93: 'STACK_GLOBAL',
  0x95: 'FRAME',
  0x97: 'NEXT_BUFFER',
};

/** Little-endian two's complement. What is no safe integer is not a size or an index either. */
function longOf(bytes: Buffer): unknown {
  if (bytes.length === 0) return 0;
  if (bytes.length <= 6) return bytes.readIntLE(0, bytes.length);
  const value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const signed = BigInt.asIntN(bytes.length * 8, value);
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : new Opaque('a large integer');
}

/** Refuses what refers to itself, and values that a few references multiply. */
function checkTree(root: unknown): void {
  const waiting: [value: unknown, depth: number][] = [[root, 0]];
  for (let seen = 0; waiting.length > 0; seen++) {
    const [value, depth] = waiting.pop()!;
    if (depth > DEEPEST) throw new PickleError(`its values are nested more than ${DEEPEST} levels deep, or refer to themselves`);
    if (seen > MOST_VALUES) throw new PickleError(`its references stand for more than ${MOST_VALUES} values`);
    if (Array.isArray(value)) for (const item of value) waiting.push([item, depth + 1]);
    if (value instanceof Map)
      for (const [key, item] of value) {
        if (typeof key === 'object' && key !== null) waiting.push([key, depth + 1]);
        waiting.push([item, depth + 1]);
      }
    if (waiting.length > MOST_VALUES) throw new PickleError(`its references stand for more than ${MOST_VALUES} values`);
  }
} // prettier-ignore
