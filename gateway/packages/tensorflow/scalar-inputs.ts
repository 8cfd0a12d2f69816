import { open, readFile } from 'node:fs/promises';
import { fail } from '../../errors';
import { readHead, WireError } from '../formats/wire';
import {
  BOOL,
  constantNode,
  decodeTensorFlow,
  DOUBLE,
  encodeNodes,
  FLOAT,
  HALF,
  nodeOf,
  openTensorFlow,
  shapeOf,
  tritonType,
  typeOf,
  type GraphDef,
  type GraphEnds,
  type GraphNode,
} from './graph';

/**
 * Writes a frozen graph again with constants for the scalar placeholders that its outputs need and the config does not feed: Triton
 * refuses scalar inputs.
 * @param target where the new graph is written; it is not when there is nothing to bake in
 * @returns a warning for each
 * @throws BAD_MODEL_FILE when the value of a scalar cannot be told
 */
export async function bakeScalars(
  file: { path: string; name: string },
  ends: GraphEnds,
  target: string,
): Promise<string[]> {
  const baked = new Map<string, GraphNode>();
  const warnings: string[] = [];
  for (const node of await neededScalars(file.path, ends)) {
    const constant = controlConstant(node);
    if (!constant) throw fail('BAD_MODEL_FILE', { file: file.name, what: openScalar(node) });
    baked.set(node.name, constant.node);
    warnings.push(bakedWarning(node.name, constant.value));
  }
  if (baked.size > 0) await writeWithConstants(await readFile(file.path), baked, target);
  return warnings;
}

/** Scalar placeholders that lead to the outputs. Bytes that are not a graph have none: the check of the file says what they are. */
async function neededScalars(path: string, { inputs, outputs }: GraphEnds): Promise<GraphNode[]> {
  const graph = await openTensorFlow<GraphDef>('GraphDef', path).catch((error: unknown) => {
    if (error instanceof WireError) return { node: [] as GraphNode[] };
    throw error;
  });
  const nodes = new Map(graph.node.map((node) => [node.name, node]));
  const seen = new Set(inputs.map(nodeOf));
  const found: GraphNode[] = [];
  const waiting = outputs.map(nodeOf);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = nodes.get(name);
    if (!node || seen.has(name)) continue;
    seen.add(name);
    if (node.op === 'Placeholder' && isScalar(node)) found.push(node);
    for (const input of node.input) waiting.push(nodeOf(input));
  }
  return found;
}

/** Everything between the replaced nodes is copied as it is. */
async function writeWithConstants(graph: Buffer, baked: ReadonlyMap<string, GraphNode>, target: string): Promise<void> {
  const file = await open(target, 'wx');
  try {
    let copied = 0;
    for (let at = 0; at < graph.length;) {
      const { number, start, end } = readHead(graph, at);
      const node = number === 1 && decodeTensorFlow<GraphNode>('NodeDef', graph.subarray(start, end));
      const constant = node && baked.get(node.name);
      if (constant) {
        await file.writeFile(graph.subarray(copied, at));
        await file.writeFile(encodeNodes(constant));
        copied = end;
      }
      at = end;
    }
    await file.writeFile(graph.subarray(copied));
  } finally {
    await file.close();
  }
}

/** Flags that say "this is not training" when true. */
const INFERENCE = /infer|predict|eval|is_?test|deterministic/i;
/** Probability to keep a value in dropout: all of them. */
const KEEP = /keep/i;
/** Probability to drop a value: none. */
const DROP = /drop|rate|noise|stddev/i;

export const isTrainingFlag = (name: string): boolean => /train|learning_phase|phase|is_?test|infer/i.test(name);

/** Whether a placeholder is a single value, or a flag of unknown shape: data has axes. */
export function isScalar(node: GraphNode): boolean {
  const shape = shapeOf(node);
  return shape ? shape.length === 0 : typeOf(node, 'dtype') === BOOL;
}

/**
 * The constant that stands for a scalar placeholder when the network infers: Triton refuses scalar inputs.
 * @returns undefined where neither type nor name tell a value
 */
export function controlConstant(node: GraphNode): { node: GraphNode; value: number | boolean } | undefined {
  const { name } = node;
  const type = typeOf(node, 'dtype');
  if (type === BOOL) {
    const value = INFERENCE.test(name) && !/train/i.test(name);
    return { node: constantNode(name, type, Uint8Array.of(Number(value))), value };
  }
  const value = KEEP.test(name) ? 1 : DROP.test(name) ? 0 : undefined;
  if (value === undefined) return undefined;
  const content = floatContent(type, value);
  return content && { node: constantNode(name, type, content), value };
}

function floatContent(type: number, value: 0 | 1): Uint8Array | undefined {
  if (type === FLOAT) return new Uint8Array(Float32Array.of(value).buffer);
  if (type === DOUBLE) return new Uint8Array(Float64Array.of(value).buffer);
  // One as a half: sign 0, exponent 15, mantissa 0.
  if (type === HALF) return new Uint8Array(Uint16Array.of(value * 0x3c00).buffer);
  return undefined;
}

export const bakedWarning = (name: string, value: number | boolean): string =>
  `The scalar input "${name}" was set to ${value} inside the graph: it controls training, and Triton takes no scalar inputs`;

export const openScalar = (node: GraphNode): string =>
  `its output needs the scalar input "${node.name}" (${tritonType(typeOf(node, 'dtype')) ?? 'of a type Triton has not'}), which Triton cannot feed and whose value for inference cannot be told from its name; freeze the graph with its value baked in`;
