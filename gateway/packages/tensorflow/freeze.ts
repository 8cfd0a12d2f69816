import { didYouMean, nearNames } from '../../config/near-names';
import { bakedWarning, controlConstant, isScalar, isTrainingFlag, openScalar } from './control-input';
import { BOOL, RESOURCE, tritonType, withoutReference } from './data-types';
import { callsFunction, constantNode, shapeOf, typeOf, typeValue, type Graph, type GraphNode } from './graph';
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

/** What a config calls the ends of its network: `node` or `node:0`. */
export interface GraphEnds {
  inputs: readonly string[];
  outputs: readonly string[];
}

const VARIABLES = /^(Variable|VariableV2|AutoReloadVariable|TemporaryVariable|VarHandleOp)$/;
const INITIALIZED = /^(IsVariableInitialized|VarIsInitializedOp)$/;
/** Operators on references to variables and their twins on values. */
const REFERENCES = /^Ref(Identity|Switch|Merge|Enter|Exit|NextIteration)$/;
/** Operators that hand on what comes in, also a variable's handle. */
const HANDS_ON = /^(Identity|Switch|Merge|Enter|Exit|NextIteration)$/;

/**
 * The part of a training graph that its outputs need, with variables, training flags and dropout rates as constants: what
 * `convert_variables_to_constants` of TensorFlow 1 does, with control edges to training nodes cut.
 * @param tensors the checkpoint's, by name
 * @throws Error with all findings in one sentence
 */
export function freezeGraph(graph: Graph, ends: GraphEnds, tensors: ReadonlyMap<string, BundleEntry>): FrozenGraph {
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
    { nodes }: Graph,
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
      waiting.push(...frozen.node.inputs.map(nodeOf));
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
    const { name, operator } = node;
    if (this.fed.has(name)) return { node: this.placeholder(node) };
    if (VARIABLES.test(operator)) return this.variable(node);
    if (operator.startsWith('Placeholder')) return { node: this.unfed(node) };
    const inputs = this.neededInputs(node);
    if (INITIALIZED.test(operator)) return { node: constantNode(name, BOOL, Uint8Array.of(1)) };
    const attributes = new Map([...node.attributes].filter(([key]) => key !== '_class' && key !== '_output_shapes'));
    const value = { name, inputs, attributes };
    if (operator === 'ReadVariableOp')
      return {
        node: { ...value, operator: 'Identity', attributes: new Map([['T', typeValue(typeOf(node, 'dtype'))]]) },
      };
    if (operator === 'ResourceGather') return { node: this.gather(node, inputs) };
    if (operator === 'Print')
      return {
        node: { ...value, operator: 'Identity', inputs: inputs.slice(0, 1), attributes: only(attributes, ['T']) },
      };
    const plain = operator.replace(REFERENCES, '$1');
    if (HANDS_ON.test(plain) && typeOf(node, 'T') === RESOURCE) attributes.set('T', typeValue(this.typeBehind(node)));
    this.remark(node);
    return { node: { ...value, operator: plain } };
  }

  private placeholder(node: GraphNode): GraphNode {
    const type = typeOf(node, 'dtype') || typeOf(node, 'T');
    if (!type)
      this.problems.push(
        `"${node.name}" (${node.operator}) cannot be fed: its type is open; name a placeholder as the input`,
      );
    return {
      ...node,
      operator: 'Placeholder',
      inputs: [],
      attributes: only(new Map([...node.attributes, ['dtype', typeValue(type)]]), ['dtype', 'shape']),
    };
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
    } else if (entry.sliced) {
      this.problems.push(
        `the variable "${stored}" was saved in slices, which cannot be put together here; freeze the graph with TensorFlow`,
      );
    } else if (entry.dtype !== type || !tritonType(type) || tritonType(type) === 'TYPE_STRING') {
      const has = tritonType(entry.dtype) ?? `type ${entry.dtype}`;
      this.problems.push(
        `the variable "${stored}" is ${has} in the checkpoint, but ${tritonType(type) ?? `type ${type}`} in the graph, or no number`,
      );
    }
    return { node: { name, operator: 'Const', inputs: [], attributes: new Map([['dtype', typeValue(type)]]) }, entry };
  }

  /** A placeholder that the config does not feed. */
  private unfed(node: GraphNode): GraphNode {
    const { name, operator, inputs, attributes } = node;
    const constant = isScalar(node) ? controlConstant(node) : undefined;
    const hasDefault = operator === 'PlaceholderWithDefault';
    if (constant && (!hasDefault || isTrainingFlag(name) || typeOf(node, 'dtype') !== BOOL)) {
      this.warnings.add(bakedWarning(name, constant.value));
      this.dropoutIsOff ||= typeof constant.value === 'number';
      return constant.node;
    }
    if (hasDefault)
      return { name, operator: 'Identity', inputs, attributes: new Map([['T', attributes.get('dtype')!]]) };
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
    const attributes = new Map([
      ['Tparams', typeValue(typeOf(node, 'dtype'))],
      ['Tindices', typeValue(typeOf(node, 'Tindices'))],
      ['Taxis', typeValue(3)],
    ]);
    const batch = node.attributes.get('batch_dims');
    if (batch) attributes.set('batch_dims', Buffer.from(batch));
    return { name: node.name, operator: 'GatherV2', inputs: [handle, indices, axis], attributes };
  }

  /**
   * Data inputs, and of the control inputs only those that place a node without data in its branch or loop: with constants in place of
   * variables no order of side effects is left to keep, and the others lead into the training part.
   */
  private neededInputs({ inputs }: GraphNode): string[] {
    const data = inputs.filter((input) => !input.startsWith('^'));
    return data.length > 0 ? data : inputs.filter((input) => this.isPivot(nodeOf(input)));
  }

  private isPivot(name: string): boolean {
    const node = this.byName.get(name);
    if (!node) return false;
    if (node.operator !== 'Merge') return /^(Identity|Switch|Enter|LoopCond)$/.test(node.operator);
    return node.inputs.some((input) =>
      /^(Ref)?(Enter|NextIteration)$/.test(this.byName.get(nodeOf(input))?.operator ?? ''),
    );
  }

  /** Type of the variable whose handle a node hands on. */
  private typeBehind(node: GraphNode): number {
    const seen = new Set<string>();
    for (
      let at: GraphNode | undefined = node;
      at && !seen.has(at.name);
      at = this.byName.get(nodeOf(at.inputs[0] ?? ''))
    ) {
      seen.add(at.name);
      if (at.operator === 'VarHandleOp') return typeOf(at, 'dtype');
    }
    this.problems.push(
      `"${node.name}" (${node.operator}) hands on something that is no variable; freeze the graph with TensorFlow`,
    );
    return RESOURCE;
  }

  private remark(node: GraphNode): void {
    if (callsFunction(node)) {
      this.callsFunctions = true;
      const handle = node.inputs.map(nodeOf).find((input) => this.handsOnVariable(input));
      if (handle)
        this.problems.push(
          `"${node.name}" gives the variable "${handle}" to a function; export the network as a SavedModel, or freeze it with TensorFlow`,
        );
    }
    if (/^FusedBatchNorm/.test(node.operator) && node.attributes.get('is_training')?.[1] !== 0)
      this.warnings.add(
        `"${node.name}" normalises with the statistics of each batch, as in training; export the inference graph`,
      );
    if (/^(RandomUniform|RandomStandardNormal|TruncatedNormal|Multinomial)$/.test(node.operator))
      this.random.push(node.name);
  }

  private handsOnVariable(name: string): boolean {
    const node = this.byName.get(name);
    return (
      node?.operator === 'VarHandleOp' || (!!node && HANDS_ON.test(node.operator) && typeOf(node, 'T') === RESOURCE)
    );
  }
}

/** `^a`, `a:1` → `a`. */
export const nodeOf = (input: string): string => input.replace(/^\^/, '').replace(/:\d+$/, '');

function sharedName({ attributes }: GraphNode): string {
  const value = attributes.get('shared_name');
  // AttrValue.s is field 2.
  return value && value[0] === 0x12 ? Buffer.from(value).toString('utf8', 2) : '';
}

function only(attributes: ReadonlyMap<string, Uint8Array>, names: readonly string[]): Map<string, Uint8Array> {
  return new Map([...attributes].filter(([name]) => names.includes(name)));
}
