import type { NetworkPlan } from '../../config/nnunet/network';
import { PlansError } from '../../config/nnunet/plans';
import type { Weight } from './checkpoint';
import { Layers, type Feature } from './layers';
import { OnnxGraph } from './onnx-graph';

export interface NetworkEnds {
  channels: number;
  heads: number;
  patch: readonly number[];
  /** Spatial axes that are mirrored; the answer is the mean of all combinations. */
  mirrorAxes: readonly number[];
  /** Convolutions in half precision. @default false */
  half?: boolean;
}

export const INPUT = 'input';
export const OUTPUT = 'logits';
/** Its length says which of several networks is meant. */
export const NETWORK = 'network';

/** A U-Net with the weights of each fold. */
export interface Network {
  plan: NetworkPlan;
  folds: readonly ReadonlyMap<string, Weight>[];
  ends: NetworkEnds;
}

/**
 * The graph of a U-Net (dynamic-network-architectures 0.4, in evaluation mode) for the weights of each fold: `input` [N, channels, patch] → `logits`
 * [N, folds × heads, patch]. Mirrored inputs are part of it, added up in nnU-Net's order; weights are shared.
 * @throws PlansError when weights are missing, have another shape, or are left over
 */
export function networkGraph(network: Network): OnnxGraph {
  const graph = new OnnxGraph();
  addNetwork(graph, network, INPUT, OUTPUT);
  return graph;
}

/**
 * Several networks in one graph, of which a request runs one: `network` [1, n + 1] of any numbers says that it is number n. A length, since Triton puts
 * requests of equal shapes together. `input` and `logits` are those of {@link networkGraph}; a network of slices has an axis of 1 before its batch.
 * @param networks two or more
 * @throws PlansError as networkGraph
 */
export function networksGraph(networks: readonly Network[]): OnnxGraph {
  const graph = new OnnxGraph();
  const length = graph.node('Gather', [graph.node('Shape', [NETWORK]), graph.integers('last_axis', [1], [])], { axis: 0 });
  const branchOf = (at: number): OnnxGraph => {
    const branch = new OnnxGraph(`network${at}.`, graph);
    const { ends } = networks[at];
    const isFlat = ends.patch.length === 2;
    const axis = () => branch.integers('before_the_batch', [0]);
    const from = isFlat ? branch.node('Squeeze', [INPUT, axis()]) : INPUT;
    const made = addNetwork(branch, networks[at], from, `network${at}.${OUTPUT}`);
    if (isFlat) branch.node('Unsqueeze', [made, axis()]);
    return branch;
  };
  const choose = (into: OnnxGraph, at: number): string => {
    const isMeant = into.node('Equal', [length, into.integers('one_more', [at + 1], [])]);
    const rest = at + 2 < networks.length ? new OnnxGraph(`from${at + 1}.`, graph) : branchOf(at + 1);
    if (at + 2 < networks.length) choose(rest, at + 1);
    return into.node('If', [isMeant], { then_branch: { graph: branchOf(at) }, else_branch: { graph: rest } });
  };
  const made = choose(graph, 0);
  // The shape as a number that nothing is inferred from: Triton compares axes that all networks have alike with those that are free in the config.
  graph.node('Reshape', [made, graph.node('Max', [graph.node('Shape', [made])])], {}, OUTPUT);
  return graph;
} // prettier-ignore

/** @returns the name of its output */
function addNetwork(graph: OnnxGraph, { plan, folds, ends }: Network, from: string, to: string): string {
  const input: Feature = { name: from, channels: ends.channels, shape: ends.patch };
  const combinations = mirrorings(ends.mirrorAxes);
  const answers = folds.map((weights, fold) => {
    const layers = new Layers(graph, plan, weights, `fold${fold}.`, ends.half);
    const outputs = combinations.map((axes) => flip(graph, network(layers, plan, flip(graph, input, axes), ends.heads), axes));
    refuseLeftOver(weights, layers.used);
    const sum = outputs.reduce((total, one) => layers.add(total, one));
    return outputs.length > 1 ? graph.node('Div', [sum.name, graph.floats('combinations', [outputs.length])]) : sum.name;
  });
  return answers.length > 1 ? graph.node('Concat', answers, { axis: 1 }, to) : graph.node('Identity', answers, {}, to);
} // prettier-ignore

/** None first, then combinations of one, two and three axes, as itertools.combinations has them. */
function mirrorings(axes: readonly number[]): number[][] {
  const subsets = axes.reduce<number[][]>((all, axis) => [...all, ...all.map((one) => [...one, axis])], [[]]);
  return subsets.sort((a, b) => a.length - b.length || compare(a, b));
}

const compare = (a: readonly number[], b: readonly number[]) =>
  a.map((axis, at) => axis - b[at]).find((difference) => difference !== 0) ?? 0;

function flip(graph: OnnxGraph, x: Feature, axes: readonly number[]): Feature {
  if (axes.length === 0) return x;
  const all = (value: number) => axes.map(() => value);
  const part = (name: string, values: readonly number[]) => graph.integers(`flip_${name}_${axes.join('_')}`, values);
  const parts = [part('starts', all(-1)), part('ends', all(-(2 ** 31))), part('axes', axes.map((axis) => axis + 2)), part('steps', all(-1))];
  return { ...x, name: graph.node('Slice', [x.name, ...parts]) };
} // prettier-ignore

function network(layers: Layers, plan: NetworkPlan, input: Feature, heads: number): Feature {
  const { kind, features, kernels, strides, encoder, decoder } = plan;
  const skips: Feature[] = [];
  let x = input;
  const stem = 'encoder.stem.convs.0';
  if (kind !== 'PlainConvUNet')
    x = layers.block(x, stem, layers.weights.get(`${stem}.conv.weight`)?.size[0] ?? features[0], kernels[0]);
  features.forEach((channels, s) => {
    for (let i = 0; i < encoder[s]; i++) {
      const stride = i === 0 ? strides[s] : layers.ones;
      x =
        kind === 'PlainConvUNet'
          ? layers.block(x, `encoder.stages.${s}.0.convs.${i}`, channels, kernels[s], stride)
          : layers.residual(x, `encoder.stages.${s}.blocks.${i}`, channels, kernels[s], stride);
    }
    skips.push(x);
  });
  const stages = features.length;
  decoder.forEach((count, d) => {
    const to = stages - 2 - d;
    const up = layers.up(x, `decoder.transpconvs.${d}`, features[to], strides[to + 1]);
    x = layers.concat(up, skips[to]);
    for (let i = 0; i < count; i++) {
      x =
        kind === 'ResidualUNet'
          ? layers.residual(x, `decoder.stages.${d}.blocks.${i}`, features[to], kernels[to])
          : layers.block(x, `decoder.stages.${d}.convs.${i}`, features[to], kernels[to]);
    }
  });
  return layers.conv(x, `decoder.seg_layers.${stages - 2}`, heads, layers.ones);
}

/** The second names of layers, the heads of deep supervision, and counters of training are not needed. */
const NOT_NEEDED = /\.all_modules\.|^decoder\.encoder\.|^decoder\.seg_layers\.|\.num_batches_tracked$/;

function refuseLeftOver(weights: ReadonlyMap<string, Weight>, used: ReadonlySet<string>): void {
  const left = [...weights.keys()].filter((name) => !used.has(name) && !NOT_NEEDED.test(name));
  if (left.length === 0) return;
  const more = left.length > 3 ? ` and ${left.length - 3} more` : '';
  throw new PlansError(`the plans do not explain the weights ${left.slice(0, 3).join(', ')}${more} of the checkpoint`);
}
