import { didYouMean, nearNames } from '../../near-names';
import { bakedWarning, controlConstant, isScalar, isTrainingFlag, openScalar } from './scalar-inputs';
import {
  attributeOf,
  BOOL,
  callsFunction,
  constantNode,
  nodeOf,
  RESOURCE,
  shapeOf,
  tritonType,
  typeOf,
  typeValue,
  withoutReference,
  type CheckpointGraph,
  type GraphEnds,
  type GraphNode,
} from './graph';
import type { BundleEntry } from './tensor-bundle';

/** A node of the frozen graph; those with an entry are constants whose value lies in the checkpoint. */
export interface FrozenNode {
  node: GraphNode;
  entry?: BundleEntry;
}

export interface FrozenGraph {
  nodes: FrozenNode[];
  callsFunctions: boolean;
  warnings: string[];
}

const VARIABLES = /^(Variable|VariableV2|AutoReloadVariable|TemporaryVariable|VarHandleOp)$/;
const INITIALIZED = /^(IsVariableInitialized|VarIsInitializedOp)$/;
/** Operators on references to variables, each named as the one on values with `Ref` before it. */
const REFERENCES = /^Ref(Identity|Switch|Merge|Enter|Exit|NextIteration)$/;
/** Operators that hand on what comes in, also a variable's handle. */
const HANDS_ON = /^(Identity|Switch|Merge|Enter|Exit|NextIteration)$/;

/**
 * The part of a training graph that its outputs need, with variables, training flags and dropout rates as constants: what
 * `convert_variables_to_constants` of TensorFlow 1 does, with control edges to training nodes cut.
 * @param tensors the checkpoint's, by name
 * @throws Error with all findings in one sentence
 */
export function freezeGraph(
  graph: CheckpointGraph,
  ends: GraphEnds,
  tensors: ReadonlyMap<string, BundleEntry>,
): FrozenGraph {
  return new Freezer(graph, ends, tensors).run();
}

class Freezer {
  private readonly byName: Map<string, GraphNode>;
  private readonly fed: Set<string>;
  private readonly frozen = new Map<string, FrozenNode>();
  private readonly warnings = new Set<string>();
  private readonly problems: string[] = [];
  private readonly random: string[] = [];
  private callsFunctions = false;
  private dropoutIsOff = false;

  constructor(
    { node: nodes }: CheckpointGraph,
    private readonly ends: GraphEnds,
    private readonly tensors: ReadonlyMap<string, BundleEntry>,
  ) {
    this.byName = new Map(nodes.map((node) => [node.name, node]));
    this.fed = new Set(ends.inputs.map(nodeOf));
  }

  run(): FrozenGraph {
    for (const name of [...this.fed, ...this.ends.outputs.map(nodeOf)]) {
      if (!this.byName.has(name))
        this.problems.push(`its graph has no node "${name}"${didYouMean(nearNames(name, this.byName.keys()))}`);
    }
    const waiting = this.ends.outputs.map(nodeOf);
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const node = this.byName.get(name);
      if (!node || this.frozen.has(name)) continue;
      const frozen = this.freeze(node);
      this.frozen.set(name, frozen);
      for (const input of frozen.node.input) waiting.push(nodeOf(input));
    }
    if (this.problems.length > 0) {
      const more = this.problems.length > 3 ? `; and ${this.problems.length - 3} more` : '';
      throw new Error(this.problems.slice(0, 3).join('; ') + more);
    }
    if (!this.dropoutIsOff && this.random.length > 0) {
      this.warnings.add(
        `"${this.random[0]}" draws random numbers: if that is dropout at work, export the inference graph`,
      );
    }
    for (const name of this.fed) {
      if (!this.frozen.has(name)) this.warnings.add(`The output of the graph does not depend on the input "${name}"`);
    }
    return { nodes: [...this.frozen.values()], callsFunctions: this.callsFunctions, warnings: [...this.warnings] };
  }

  private freeze(node: GraphNode): FrozenNode {
    const { name, op } = node;
    if (this.fed.has(name)) return { node: this.placeholder(node) };
    if (VARIABLES.test(op)) return this.variable(node);
    if (op.startsWith('Placeholder')) return { node: this.unfed(node) };
    const input = this.neededInputs(node);
    if (INITIALIZED.test(op)) return { node: constantNode(name, BOOL, Uint8Array.of(1)) };
    if (op === 'ReadVariableOp')
      return { node: { name, op: 'Identity', input, attr: { T: typeValue(typeOf(node, 'dtype')) } } };
    if (op === 'ResourceGather') return { node: this.gather(node, input) };
    if (op === 'Print')
      return { node: { name, op: 'Identity', input: input.slice(0, 1), attr: only(node.attr, ['T']) } };
    const plain = op.replace(REFERENCES, '$1');
    const attr = without(node.attr, ['_class', '_output_shapes']);
    if (HANDS_ON.test(plain) && typeOf(node, 'T') === RESOURCE) attr.T = typeValue(this.typeBehind(node));
    this.remark(node);
    return { node: { name, op: plain, input, attr } };
  }

  private placeholder(node: GraphNode): GraphNode {
    const type = typeOf(node, 'dtype') || typeOf(node, 'T');
    if (!type)
      this.problems.push(
        `"${node.name}" (${node.op}) cannot be fed: its type is open; name a placeholder as the input`,
      );
    const attr = { ...only(node.attr, ['shape']), dtype: typeValue(type) };
    return { ...node, op: 'Placeholder', input: [], attr };
  }

  private variable(node: GraphNode): FrozenNode {
    const { name } = node;
    const stored = sharedName(node) || name;
    const entry = this.tensors.get(stored) ?? this.tensors.get(name);
    const type = withoutReference(typeOf(node, 'dtype'));
    if (!entry) {
      this.problems.push(
        `the checkpoint has no values for the variable "${stored}"${didYouMean(nearNames(stored, this.tensors.keys()))}`,
      );
    } else if (entry.slices.length > 0) {
      this.problems.push(
        `the variable "${stored}" was saved in slices, which cannot be put together here; freeze the graph with TensorFlow`,
      );
    } else if (entry.dtype !== type || !tritonType(type) || tritonType(type) === 'TYPE_STRING') {
      const has = tritonType(entry.dtype) ?? `type ${entry.dtype}`;
      this.problems.push(
        `the variable "${stored}" is ${has} in the checkpoint, but ${tritonType(type) ?? `type ${type}`} in the graph, or no number`,
      );
    }
    return { node: { name, op: 'Const', input: [], attr: { dtype: typeValue(type) } }, entry };
  }

  /** A placeholder that the config does not feed. */
  private unfed(node: GraphNode): GraphNode {
    const { name, op, input, attr } = node;
    const constant = isScalar(node) ? controlConstant(node) : undefined;
    const hasDefault = op === 'PlaceholderWithDefault';
    if (constant && (!hasDefault || isTrainingFlag(name) || typeOf(node, 'dtype') !== BOOL)) {
      this.warnings.add(bakedWarning(name, constant.value));
      this.dropoutIsOff ||= typeof constant.value === 'number';
      return constant.node;
    }
    if (hasDefault) return { name, op: 'Identity', input, attr: { T: attr.dtype } };
    this.problems.push(
      isScalar(node)
        ? openScalar(node)
        : `its output needs the placeholder "${name}" of shape ${JSON.stringify(shapeOf(node) ?? 'unknown')}, which the config does not feed; add it to the config's inputs`,
    );
    return node;
  }

  private gather(node: GraphNode, [handle, indices]: string[]): GraphNode {
    const axis = `${node.name}/frozen_axis`;
    this.frozen.set(axis, { node: constantNode(axis, 3, new Uint8Array(4)) });
    const attr = {
      ...only(node.attr, ['batch_dims']),
      Tparams: typeValue(typeOf(node, 'dtype')),
      Tindices: typeValue(typeOf(node, 'Tindices')),
      Taxis: typeValue(3),
    };
    return { name: node.name, op: 'GatherV2', input: [handle, indices, axis], attr };
  }

  /**
   * Data inputs, and of the control inputs only those that place a node without data in its branch or loop: with constants in place of
   * variables no order of side effects is left to keep, and the others lead into the training part.
   */
  private neededInputs({ input: inputs }: GraphNode): string[] {
    const data = inputs.filter((input) => !input.startsWith('^'));
    return data.length > 0 ? data : inputs.filter((input) => this.isPivot(nodeOf(input)));
  }

  private isPivot(name: string): boolean {
    const node = this.byName.get(name);
    if (!node) return false;
    if (node.op !== 'Merge') return /^(Identity|Switch|Enter|LoopCond)$/.test(node.op);
    return node.input.some((input) => /^(Ref)?(Enter|NextIteration)$/.test(this.byName.get(nodeOf(input))?.op ?? ''));
  }

  /** Type of the variable whose handle a node hands on. */
  private typeBehind(node: GraphNode): number {
    const seen = new Set<string>();
    for (
      let at: GraphNode | undefined = node;
      at && !seen.has(at.name);
      at = this.byName.get(nodeOf(at.input[0] ?? ''))
    ) {
      seen.add(at.name);
      if (at.op === 'VarHandleOp') return typeOf(at, 'dtype');
    }
    this.problems.push(
      `"${node.name}" (${node.op}) hands on something that is no variable; freeze the graph with TensorFlow`,
    );
    return RESOURCE;
  }

  private remark(node: GraphNode): void {
    if (callsFunction(node)) {
      this.callsFunctions = true;
      const handle = node.input.map(nodeOf).find((input) => this.handsOnVariable(input));
      if (handle)
        this.problems.push(
          `"${node.name}" gives the variable "${handle}" to a function; export the network as a SavedModel, or freeze it with TensorFlow`,
        );
    }
    if (/^FusedBatchNorm/.test(node.op) && attributeOf(node, 'is_training')?.b !== false)
      this.warnings.add(
        `"${node.name}" normalises with the statistics of each batch, as in training; export the inference graph`,
      );
    if (/^(RandomUniform|RandomStandardNormal|TruncatedNormal|Multinomial)$/.test(node.op)) this.random.push(node.name);
  }

  private handsOnVariable(name: string): boolean {
    const node = this.byName.get(name);
    return node?.op === 'VarHandleOp' || (!!node && HANDS_ON.test(node.op) && typeOf(node, 'T') === RESOURCE);
  }
}

function sharedName(node: GraphNode): string {
  return Buffer.from(attributeOf(node, 'shared_name')?.s ?? []).toString('utf8');
}

type Attributes = GraphNode['attr'];

const filtered = (attr: Attributes, isWanted: (name: string) => boolean): Attributes =>
  Object.fromEntries(Object.entries(attr).filter(([name]) => isWanted(name)));

const only = (attr: Attributes, names: readonly string[]) => filtered(attr, (name) => names.includes(name));
const without = (attr: Attributes, names: readonly string[]) => filtered(attr, (name) => !names.includes(name));
