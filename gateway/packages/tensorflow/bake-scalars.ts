import { open, readFile } from 'node:fs/promises';
import { fail } from '../../errors';
import { readSkeleton } from '../formats/message-skeleton';
import { readFields, subMessages, WireError } from '../formats/wire-format';
import { bakedWarning, controlConstant, isScalar, openScalar } from './control-input';
import { nodeOf, type GraphEnds } from './freeze';
import { GRAPH, GRAPH_MESSAGES, nodeField, readNode, type GraphNode } from './graph';

/**
 * Writes a frozen graph again with constants for the scalar placeholders that its outputs need and the config does not feed: Triton
 * refuses scalar inputs (`triton.md` §10 row 34).
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

/** Scalar placeholders that lead to the outputs. A graph that is no graph has none: whoever checks it says why. */
async function neededScalars(path: string, { inputs, outputs }: GraphEnds): Promise<GraphNode[]> {
  const nodes = new Map<string, GraphNode>();
  try {
    for (const field of subMessages(await readSkeleton(path, GRAPH_MESSAGES), GRAPH.node)) {
      const node = readNode(field);
      nodes.set(node.name, node);
    }
  } catch (error) {
    if (error instanceof WireError) return [];
    throw error;
  }
  const fed = new Set(inputs.map(nodeOf));
  const seen = new Set<string>();
  const found: GraphNode[] = [];
  const waiting = outputs.map(nodeOf);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = nodes.get(name);
    if (!node || seen.has(name) || fed.has(name)) continue;
    seen.add(name);
    if (node.operator === 'Placeholder' && isScalar(node)) found.push(node);
    waiting.push(...node.inputs.map(nodeOf));
  }
  return found;
}

/** Everything between the replaced nodes is copied as it is. */
async function writeWithConstants(graph: Buffer, baked: ReadonlyMap<string, GraphNode>, target: string): Promise<void> {
  const file = await open(target, 'wx');
  try {
    let copied = 0;
    let end = 0;
    for (const field of readFields(graph)) {
      const start = end;
      end = field.end;
      if (field.number !== GRAPH.node || field.wire !== 'bytes') continue;
      const constant = baked.get(readNode(field.value).name);
      if (!constant) continue;
      await file.writeFile(graph.subarray(copied, start));
      await file.writeFile(nodeField(constant));
      copied = end;
    }
    await file.writeFile(graph.subarray(copied));
  } finally {
    await file.close();
  }
}
