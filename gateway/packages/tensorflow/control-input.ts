import { BOOL, constantNode, DOUBLE, FLOAT, HALF, shapeOf, tritonType, typeOf, type GraphNode } from './graph';

/** Flags that say "this is not training" when true. */
const INFERENCE = /infer|predict|eval|is_?test|deterministic/i;
/** Probability to keep a value in dropout: all of them. */
const KEEP = /keep/i;
/** Probability to drop a value: none. */
const DROP = /drop|rate|noise|stddev/i;

export const isTrainingFlag = (name: string): boolean => /train|learning_phase|phase|is_?test|infer/i.test(name);

/** Whether a placeholder is a single value, or a flag of whatever shape: data has axes. */
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
