import { readFile, rm, stat } from 'node:fs/promises';
import { fail, GatewayError, messageOf } from '../../errors';
import { freezeGraph } from './freeze';
import { decodeTensorFlow, type CheckpointGraph, type GraphEnds } from './graph';
import { TensorBundle } from './tensor-bundle';
import { writeFrozenGraph } from './write-frozen';

/** The files of one checkpoint, unpacked. */
export interface CheckpointFiles {
  /** The name its author gave it, without suffix: `model.ckpt`. */
  name: string;
  meta: string;
  index: string;
  /** Data files by their number. */
  shards: ReadonlyMap<number, string>;
}

/** The graph alone, without weights; training graphs of large networks have a few dozen megabytes. */
const MAX_META_BYTES = 512 * 2 ** 20;

/**
 * Turns a TensorFlow 1 checkpoint into a frozen graph, as TensorFlow's `freeze_graph` would.
 * @param target where the graph is written; absent after a failure
 * @returns warnings
 * @throws BAD_MODEL_FILE naming what is missing, damaged, or does not fit the config
 */
export async function freezeCheckpoint(files: CheckpointFiles, ends: GraphEnds, target: string): Promise<string[]> {
  try {
    const { size } = await stat(files.meta);
    if (size > MAX_META_BYTES) throw new Error(`its graph has ${size} bytes, the limit is ${MAX_META_BYTES}`);
    const { graph_def: graph } = decodeTensorFlow<{ graph_def: CheckpointGraph | null }>(
      'CheckpointMeta',
      await readFile(files.meta),
    );
    if (!graph) throw new Error(`its .meta file has no graph`);
    const bundle = await TensorBundle.open(files.index, files.shards);
    const frozen = freezeGraph(graph, ends, bundle.entries);
    await writeFrozenGraph(target, frozen, graph, bundle);
    const baked = frozen.nodes.filter(({ entry }) => entry).length;
    return [
      `The checkpoint was frozen for serving: ${frozen.nodes.length} of ${graph.node.length} nodes, ${baked} variables as constants`,
      ...frozen.warnings,
    ];
  } catch (error) {
    await rm(target, { force: true });
    if (error instanceof GatewayError || (error as NodeJS.ErrnoException).code) throw error;
    throw fail(
      'BAD_MODEL_FILE',
      { file: files.name, what: `as a TensorFlow checkpoint: ${messageOf(error)}` },
      { cause: error },
    );
  }
}
