import { open } from 'node:fs/promises';
import { messageType } from '../../triton/protocol';
import { encodeHalf } from '../../triton/half';
import type { Weight } from './checkpoint';

/** Numbers of TensorProto.DataType and AttributeProto.AttributeType (onnx.proto). */
const FLOAT = 1;
const INT64 = 7;
const FLOAT16 = 10;
const ATTRIBUTE = { float: 1, int: 2, ints: 7 };
const EXTERNAL = 1;

/** Tensors begin at multiples of it in the file of weights. */
const ALIGNMENT = 64;

/** Becomes infinite in half precision. */
const BEYOND_HALF = 65520;

/** Opset 13 and IR 8: what any ONNX Runtime since 1.7 reads. */
const OPSET = 13;
const IR = 8;

export type Attributes = Record<string, number | readonly number[] | { float: number }>;

interface Initializer {
  name: string;
  dims: readonly number[];
  weight: Weight;
  half: boolean;
}

/** Collects the nodes of a graph and the weights they name. */
export class OnnxGraph {
  private readonly nodes: object[] = [];
  private readonly constants = new Map<string, object>();
  private readonly weights = new Map<string, Initializer>();

  /** Adds a node. @returns the name of its output */
  node(operator: string, inputs: readonly string[], attributes: Attributes = {}, output?: string): string {
    const name = output ?? `t${this.nodes.length}`;
    const attribute = Object.entries(attributes).map(([key, value]) => {
      if (Array.isArray(value)) return { name: key, type: ATTRIBUTE.ints, ints: value };
      if (typeof value === 'object') return { name: key, type: ATTRIBUTE.float, f: (value as { float: number }).float };
      return { name: key, type: ATTRIBUTE.int, i: value };
    });
    this.nodes.push({ op_type: operator, name: `${operator}_${name}`, input: inputs, output: [name], attribute });
    return name;
  }

  /** A tensor of the checkpoint, under a name and shape of its own; several names may share its numbers. */
  weight(name: string, weight: Weight, dims: readonly number[] = weight.size, half = false): string {
    this.weights.set(name, { name, dims, weight, half });
    return name;
  }

  cast(input: string, to: 'half' | 'float'): string {
    return this.node('Cast', [input], { to: to === 'half' ? FLOAT16 : FLOAT });
  }

  /** Numbers in all tensors of checkpoints. */
  get parameters(): number {
    return [...this.weights.values()].reduce((sum, { dims }) => sum + dims.reduce((product, n) => product * n, 1), 0);
  }

  floats(name: string, values: readonly number[], dims: readonly number[] = []): string {
    const raw_data = new Uint8Array(Float32Array.from(values).buffer);
    this.constants.set(name, { name, data_type: FLOAT, dims, raw_data });
    return name;
  }

  integers(name: string, values: readonly number[]): string {
    const raw_data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.constants.set(name, { name, data_type: INT64, dims: [values.length], raw_data });
    return name;
  }

  /**
   * Writes the model, and beside it its weights, which go from file to file in pieces: memory does not grow with them, and the limit of 2 GiB
   * of one protobuf message is none.
   */
  async write(
    files: { model: string; weights: string; weightsName: string },
    ends: Record<'input' | 'output', { name: string; dims: readonly (number | string)[] }>,
  ): Promise<void> {
    const initializer = [...this.constants.values(), ...(await this.writeWeights(files))];
    const endOf = ({ name, dims }: (typeof ends)['input']) => {
      const dim = dims.map((size) => (typeof size === 'string' ? { dim_param: size } : { dim_value: size }));
      return { name, type: { tensor_type: { elem_type: FLOAT, shape: { dim } } } };
    };
    const model = {
      ir_version: IR,
      producer_name: 'aiaa-triton-gateway',
      opset_import: [{ domain: '', version: OPSET }],
      graph: { name: 'nnunet', node: this.nodes, initializer, input: [endOf(ends.input)], output: [endOf(ends.output)] },
    };
    const file = await open(files.model, 'wx');
    try {
      await file.writeFile(messageType('onnx.proto', 'ModelProto').encode(model).finish());
    } finally {
      await file.close();
    }
  } // prettier-ignore

  private async writeWeights({ weights: path, weightsName }: { weights: string; weightsName: string }): Promise<object[]> {
    const places = new Map<Weight, { offset: number; length: number }>();
    const file = await open(path, 'wx');
    let end = 0;
    try {
      for (const { weight, name, half } of this.weights.values()) {
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
    return [...this.weights.values()].map(({ name, dims, weight, half }) => {
      const { offset, length } = places.get(weight)!;
      const facts = Object.entries({ location: weightsName, offset: String(offset), length: String(length) });
      const external_data = facts.map(([key, value]) => ({ key, value }));
      return { name, data_type: half ? FLOAT16 : FLOAT, dims, data_location: EXTERNAL, external_data };
    });
  } // prettier-ignore
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
