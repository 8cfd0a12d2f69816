import { open, readFile } from 'node:fs/promises';
import { fail } from '../../errors';
import { readHead, WireError } from '../formats/wire';
import { bakedWarning, controlConstant, isScalar, openScalar } from './control-input';
import type { GraphEnds } from './freeze';
import { decodeTensorFlow, encodeNodes, nodeOf, openTensorFlow, type GraphDef, type GraphNode } from './graph';

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
    waiting.push(...node.input.map(nodeOf));
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
