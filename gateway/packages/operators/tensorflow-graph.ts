import { nodeOf, openTensorFlow, type GraphEnds } from '../tensorflow/graph';
import { earlyTensorFlowOperators, tensorflowOperators } from './known-operators';

// As protos/tensorflow.proto declares them.
interface Attribute {
  key: string;
  value: { list: { func: FunctionName[] }[]; func: FunctionName[] }[];
}
interface FunctionName {
  name: string[];
  attr: Attribute[];
}
interface Node {
  name: string;
  op: string;
  input: string[];
  attr: Attribute[];
}
interface GraphFunction {
  signature: { name: string; input_arg: { name: string }[] } | null;
  node_def: Node[];
  attr: Attribute[];
}
interface Graph {
  node: Node[];
  library: { function: GraphFunction[]; gradient: { gradient_func: string }[] } | null;
}
interface MetaGraph {
  graph_def: Graph | null;
  saver_def: { filename_tensor_name: string; restore_op_name: string } | null;
  collection_def: { key: string; value: { node_list: { value: string[] }[] }[] }[];
  signature_def: { value: { inputs: TensorEntry[]; outputs: TensorEntry[] }[] }[];
}
interface TensorEntry {
  value: { name: string[] }[];
}

/** Collections with the operations that start a SavedModel (tensorflow/cc/saved_model/constants.h). */
const START = ['saved_model_main_op', 'legacy_init_op'];

/**
 * Looks for operators of a frozen graph that do more than compute, also in the functions it calls: public graphs still have the nodes that fed
 * them in training. What no output needs is never run, but for operators without state, which TensorFlow computes early to know shapes.
 * @returns a function of the tensors that are fed and asked for; one clause for each: `ReadFile "node" (reads or writes files)`
 * @throws WireError
 */
export async function foreignGraphOperators(path: string): Promise<(ends: GraphEnds) => string[]> {
  const reach = new Reach(await openTensorFlow<Graph>('CheckedGraph', path));
  return ({ inputs, outputs }) => refusals([...reach.from(reach.upstream(outputs, inputs)), ...reach.early()]);
}

/**
 * The same of a SavedModel, of which only what its signatures, its start and the reading of its variables need is ever run: the nodes that
 * save it again are in every SavedModel. Variables may be read from its own folder alone.
 * @param path its saved_model.pb
 * @returns a function of whether Triton feeds all inputs of a signature; clauses as above
 * @throws WireError
 */
export async function foreignSavedModelOperators(path: string): Promise<(allFed: boolean) => string[]> {
  const { meta_graphs: graphs } = await openTensorFlow<{ meta_graphs: MetaGraph[] }>('CheckedSavedModel', path);
  return (allFed) => [...new Set(graphs.flatMap((meta) => foreignIn(meta, allFed)))];
}

function foreignIn({ graph_def, signature_def, collection_def, saver_def }: MetaGraph, allFed: boolean): string[] {
  if (!graph_def) return [];
  const reach = new Reach(graph_def);
  const starts = collection_def.filter(({ key }) => START.includes(key)).flatMap(({ value }) => value);
  const nodes = reach.upstream(starts.flatMap(({ node_list }) => node_list.flatMap(({ value }) => value)));
  for (const { inputs, outputs } of signature_def.flatMap(({ value }) => value))
    nodes.push(...reach.upstream(namesOf(outputs), allFed ? namesOf(inputs) : []));
  const { restore_op_name: restore = '', filename_tensor_name: file = '' } = saver_def ?? {};
  const restoring = reach.upstream([restore]);
  const more = reach.from(restoring).filter((use) => !readsOwnVariables(use, restoring, nodeOf(file)));
  return refusals([...reach.from(nodes), ...reach.early(), ...more]);
}

const namesOf = (tensors: readonly TensorEntry[]) => tensors.flatMap(({ value }) => value.flatMap(({ name }) => name));

/** A node that would run, with the function that it stands in. */
interface Use {
  node: Node;
  inside?: GraphFunction;
}

/** Follows a graph to what would run. */
class Reach {
  private readonly nodes: ReadonlyMap<string, Node>;
  private readonly functions: ReadonlyMap<string, GraphFunction>;
  /** Functions that TensorFlow puts in the place of others by itself: gradients, and other forms of the same (`api_implements`). */
  private readonly always: string[];

  constructor({ node, library }: Graph) {
    this.nodes = new Map(node.map((one) => [one.name, one]));
    const functions = library?.function ?? [];
    this.functions = new Map(functions.map((one) => [one.signature?.name ?? '', one]));
    const forms = functions.filter(({ attr }) => attr.some(({ key }) => key === 'api_implements'));
    const gradients = (library?.gradient ?? []).map(({ gradient_func }) => gradient_func);
    this.always = [...forms.map(({ signature }) => signature?.name ?? ''), ...gradients];
  }

  /** Nodes that lead to these tensors, by data or by order. A node of which one tensor is fed still runs for its others, and for the order. */
  upstream(tensors: readonly string[], fed: readonly string[] = []): Node[] {
    const found = new Set<Node>();
    const given = new Set(fed.map(tensorOf));
    const waiting = [...tensors];
    for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
      const node = given.has(tensorOf(tensor)) ? undefined : this.nodes.get(nodeOf(tensor));
      if (!node || found.has(node)) continue;
      found.add(node);
      for (const input of node.input) waiting.push(input);
    }
    return [...found];
  }

  /** Operators not in the table, among these nodes and in the functions that they call. A function hides an operator of its name. */
  from(nodes: readonly Node[]): Use[] {
    const uses: Use[] = nodes.map((node) => ({ node }));
    const called = new Set<string>();
    const call = (name: string) => {
      const inside = this.functions.get(name);
      if (!inside || called.has(name)) return;
      called.add(name);
      for (const node of inside.node_def) uses.push({ node, inside });
    };
    this.always.forEach(call);
    const foreign: Use[] = [];
    // Grows while it is walked: functions call others.
    for (const use of uses) {
      const { op, attr } = use.node;
      call(op);
      if (!this.functions.has(op) && !tensorflowOperators.has(op)) foreign.push(use);
      else functionsIn(attr).forEach(call);
    }
    return foreign;
  }

  /** Operations that run while TensorFlow reads the graph, whether or not an output needs them. */
  early(): Use[] {
    return this.from([...this.nodes.values()]).filter(({ node }) => earlyTensorFlowOperators.has(node.op));
  }
}

/** `a` → `a:0`; `^a` has no tensor. */
const tensorOf = (input: string): string => (/^\^|:\d+$/.test(input) ? input : `${input}:0`);

const functionsIn = (attributes: readonly Attribute[]): string[] =>
  attributes
    .flatMap(({ value }) => value.flatMap(({ func, list }) => [...func, ...list.flatMap((one) => one.func)]))
    .flatMap(({ name, attr }) => [...name, ...functionsIn(attr)]);

/** Reads from the path that the loader gives for the folder of the SavedModel, straight or as the argument of a function that it calls. */
function readsOwnVariables({ node, inside }: Use, restoring: readonly Node[], file: string): boolean {
  if (node.op !== 'RestoreV2' || file === '') return false;
  const source = nodeOf(node.input[0] ?? '');
  if (!inside) return source === file;
  const name = inside.signature?.name ?? '';
  const argument = inside.signature?.input_arg.findIndex((one) => one.name === source) ?? -1;
  const calls = restoring.filter(({ op, attr }) => op === name || functionsIn(attr).includes(name));
  return argument >= 0 && calls.length > 0 && calls.every(({ input }) => nodeOf(input[argument] ?? '') === file);
}

const refusals = (uses: readonly Use[]): string[] => {
  const texts = uses.map(({ node: { name, op }, inside }) =>
    tensorflowOperators.refusal(`"${name}"${inside ? ` in the function "${inside.signature?.name}"` : ''}`, op),
  );
  return [...new Set(texts)];
};
