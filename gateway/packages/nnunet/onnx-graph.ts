import { open } from 'node:fs/promises';
import { messageType } from '../../triton/protocol';
import { encodeHalf } from '../../half';
import type { Weight } from './checkpoint';

/** Numbers of TensorProto.DataType and AttributeProto.AttributeType (onnx.proto). */
const FLOAT = 1;
const INT64 = 7;
const FLOAT16 = 10;
const ATTRIBUTE = { float: 1, int: 2, graph: 5, ints: 7 };
const EXTERNAL = 1;

/** Tensors begin at multiples of it in the file of weights. */
const ALIGNMENT = 64;

/** Becomes infinite in half precision. */
const BEYOND_HALF = 65520;

/** Opset 13 and IR 8: what any ONNX Runtime since 1.7 reads. */
const OPSET = 13;
const IR = 8;

export type Attributes = Record<string, number | readonly number[] | { float: number } | { graph: OnnxGraph }>;

interface Initializer {
  name: string;
  dims: readonly number[];
  weight: Weight;
  half: boolean;
}

interface GraphNode {
  op_type: string;
  input: readonly string[];
  output: string;
  attributes: Attributes;
}

/** A tensor that goes into a graph or comes out of it; axes that are free have a name. */
interface GraphEnd {
  name: string;
  dims?: readonly (number | string)[];
}

type Places = ReadonlyMap<Weight, { offset: number; length: number }>;

/** Collects the nodes of a graph and the weights they name. */
export class OnnxGraph {
  private readonly nodes: GraphNode[] = [];
  private readonly constants = new Map<string, object>();
  private readonly weights = new Map<string, Initializer>();

  /**
   * @param prefix of the names of its tensors: a branch of a graph sees those of the whole, and none may be there twice
   * @param whole the graph that it is a branch of, and where its weights are kept: in branches ONNX Runtime 1.20 refuses files with hard links
   */
  constructor(
    private readonly prefix = '',
    private readonly whole?: OnnxGraph,
  ) {}

  /** Adds a node. @returns the name of its output */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}, output?: string): string {
    const name = output ?? `${this.prefix}t${this.nodes.length}`;
    this.nodes.push({ op_type: operator, input: inputs, output: name, attributes });
    return name;
  }

  /** A tensor of the checkpoint, under a name and shape of its own; several names may share its numbers. */
  weight(name: string, weight: Weight, dims: readonly number[] = weight.size, half = false): string {
    const unique = this.prefix + name;
    (this.whole ?? this).weights.set(unique, { name: unique, dims, weight, half });
    return unique;
  }

  cast(input: string, to: 'half' | 'float'): string {
    return this.node('Cast', [input], { to: to === 'half' ? FLOAT16 : FLOAT });
  }

  /** Numbers in all tensors of checkpoints whose name begins so. */
  parametersOf(prefix: string): number {
    return [...this.weights.values()]
      .filter(({ name }) => name.startsWith(prefix))
      .reduce((sum, { dims }) => sum + dims.reduce((product, n) => product * n, 1), 0);
  }

  floats(title: string, values: readonly number[], dims: readonly number[] = []): string {
    const name = this.prefix + title;
    const raw_data = new Uint8Array(Float32Array.from(values).buffer);
    this.constants.set(name, { name, data_type: FLOAT, dims, raw_data });
    return name;
  }

  /** @param dims of no axis for a scalar */
  integers(title: string, values: readonly number[], dims: readonly number[] = [values.length]): string {
    const name = this.prefix + title;
    const raw_data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.constants.set(name, { name, data_type: INT64, dims, raw_data });
    return name;
  }

  /**
   * Writes the model, and beside it its weights, which go from file to file in pieces: memory does not grow with them, and the limit of 2 GiB
   * of one protobuf message is none.
   */
  async write(
    files: { model: string; weights: string; weightsName: string },
    ends: { inputs: readonly GraphEnd[]; output: GraphEnd },
  ): Promise<void> {
    const places = await writeWeights([...this.weights.values()], files.weights);
    const model = {
      ir_version: IR,
      producer_name: 'aiaa-triton-gateway',
      opset_import: [{ domain: '', version: OPSET }],
      graph: this.message('nnunet', ends.inputs, ends.output, places, files.weightsName),
    };
    const file = await open(files.model, 'wx');
    try {
      await file.writeFile(messageType('onnx.proto', 'ModelProto').encode(model).finish());
    } finally {
      await file.close();
    }
  }

  private message(name: string, inputs: readonly GraphEnd[], output: GraphEnd, places: Places, location: string): object {
    const external = [...this.weights.values()].map(({ weight, half, ...tensor }) => {
      const { offset, length } = places.get(weight)!;
      const facts = Object.entries({ location, offset: String(offset), length: String(length) });
      return { ...tensor, data_type: half ? FLOAT16 : FLOAT, data_location: EXTERNAL, external_data: facts.map(([key, value]) => ({ key, value })) };
    });
    const attributeOf = ([key, value]: [string, Attributes[string]]) => {
      if (typeof value === 'number') return { name: key, type: ATTRIBUTE.int, i: value };
      if (hasGraph(value)) return { name: key, type: ATTRIBUTE.graph, g: value.graph.message(key, [], { name: value.graph.last }, places, location) };
      if ('float' in value) return { name: key, type: ATTRIBUTE.float, f: value.float };
      return { name: key, type: ATTRIBUTE.ints, ints: value };
    };
    const node = this.nodes.map(({ op_type, input, output: to, attributes }) => {
      return { op_type, name: `${op_type}_${to}`, input, output: [to], attribute: Object.entries(attributes).map(attributeOf) };
    });
    return { name, node, initializer: [...this.constants.values(), ...external], input: inputs.map(endOf), output: [endOf(output)] };
  } // prettier-ignore

  /** The output of its last node, which is that of a branch. */
  private get last(): string {
    return this.nodes[this.nodes.length - 1].output;
  }
}

const hasGraph = (value: Attributes[string]): value is { graph: OnnxGraph } =>
  typeof value === 'object' && 'graph' in value;

function endOf({ name, dims }: GraphEnd): object {
  const dim = dims?.map((size) => (typeof size === 'string' ? { dim_param: size } : { dim_value: size }));
  return { name, type: { tensor_type: { elem_type: FLOAT, ...(dim && { shape: { dim } }) } } };
}

/** Writes each weight once, however many names it has. */
async function writeWeights(weights: readonly Initializer[], path: string): Promise<Places> {
  const places = new Map<Weight, { offset: number; length: number }>();
  const file = await open(path, 'wx');
  let end = 0;
  try {
    for (const { weight, name, half } of weights) {
      if (places.has(weight)) continue;
      const offset = Math.ceil(end / ALIGNMENT) * ALIGNMENT;
      if (offset > end) await file.write(new Uint8Array(offset - end));
      let length = 0;
      for await (const chunk of half ? halves(weight.read(), name) : weight.read()) {
        await file.writeFile(chunk);
        length += chunk.byteLength;
      }
      const wanted = (half ? 2 : 4) * weight.size.reduce((product, n) => product * n, 1);
      if (length !== wanted) throw new Error(`its weights "${name}" have ${length} bytes, not ${wanted}`);
      places.set(weight, { offset, length });
      end = offset + length;
    }
  } finally {
    await file.close();
  }
  return places;
}

/** Float32 of a stream as half precision. @throws Error for a number beyond it */
async function* halves(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const all = Buffer.concat([rest, chunk]);
    const whole = all.length - (all.length % 4);
    // A copy begins at a multiple of four.
    const values = new Float32Array(Uint8Array.from(all.subarray(0, whole)).buffer);
    rest = Buffer.from(all.subarray(whole));
    const beyond = values.find((value) => Math.abs(value) >= BEYOND_HALF);
    if (beyond !== undefined) throw new Error(`its weights "${name}" have ${beyond}, which half precision cannot hold; leave precision=fp16 out`);
    yield Buffer.from(encodeHalf(values).buffer);
  }
} // prettier-ignore
