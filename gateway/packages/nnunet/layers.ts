import { PlansError } from '../../config/nnunet/plans';
import type { NetworkPlan } from '../../config/nnunet/network';
import type { Weight } from './checkpoint';
import type { Attributes, OnnxGraph } from './onnx-graph';

/** A tensor between two layers: channels, and the lengths of its spatial axes. */
export interface Feature {
  name: string;
  channels: number;
  shape: readonly number[];
}

/** The layers of one checkpoint's U-Net as nodes; notes which of its weights were used. */
export class Layers {
  readonly used = new Set<string>();
  readonly ones: number[];

  /**
   * @param prefix of the names of its weights in the graph
   * @param half convolutions take and give half precision; the rest is float32, since sums of norms leave its range
   */
  constructor(
    private readonly graph: OnnxGraph,
    private readonly plan: NetworkPlan,
    readonly weights: ReadonlyMap<string, Weight>,
    private readonly prefix: string,
    private readonly half = false,
  ) {
    this.ones = Array<number>(plan.rank).fill(1);
  }

  has(name: string): boolean {
    return this.weights.has(name);
  }

  /** The weights `name`. @throws PlansError when they are missing, or of another shape than the plans say */
  private take(name: string, size: readonly number[], dims: readonly number[] = size, half = false): string {
    const weight = this.weights.get(name);
    if (!weight) throw new PlansError(`the checkpoint lacks "${name}", which the plans describe`);
    if (weight.size.length !== size.length || weight.size.some((n, d) => n !== size[d]))
      throw new PlansError(`"${name}" has the shape [${weight.size.join(', ')}] in the checkpoint, and [${size.join(', ')}] by the plans`);
    this.used.add(name);
    return this.graph.weight(this.prefix + name, weight, dims, half);
  } // prettier-ignore

  /** A convolution, or its transpose, of `name`. @param size of its weights */
  private convolve(operator: 'Conv' | 'ConvTranspose', x: Feature, name: string, size: readonly number[], channels: number, attributes: Attributes): string {
    const { graph } = this;
    // Scores stay as fine as they can be.
    const half = this.half && !name.includes('.seg_layers.');
    const weights = [this.take(`${name}.weight`, size, size, half)];
    if (this.has(`${name}.bias`)) weights.push(this.take(`${name}.bias`, [channels], [channels], half));
    if (!half) return graph.node(operator, [x.name, ...weights], attributes);
    return graph.cast(graph.node(operator, [graph.cast(x.name, 'half'), ...weights], attributes), 'float');
  } // prettier-ignore

  conv(x: Feature, name: string, channels: number, kernel: readonly number[], stride = this.ones): Feature {
    const pad = kernel.map((k) => Math.floor((k - 1) / 2));
    const attributes = { kernel_shape: kernel, strides: stride, pads: [...pad, ...pad] };
    const shape = x.shape.map((n, d) => Math.floor((n + 2 * pad[d] - kernel[d]) / stride[d]) + 1);
    return { name: this.convolve('Conv', x, name, [channels, x.channels, ...kernel], channels, attributes), channels, shape };
  } // prettier-ignore

  up(x: Feature, name: string, channels: number, stride: readonly number[]): Feature {
    const attributes = { kernel_shape: stride, strides: stride };
    const output = this.convolve('ConvTranspose', x, name, [x.channels, channels, ...stride], channels, attributes);
    return { name: output, channels, shape: x.shape.map((n, d) => n * stride[d]) };
  }

  concat(a: Feature, b: Feature): Feature {
    return { ...a, name: this.graph.node('Concat', [a.name, b.name], { axis: 1 }), channels: a.channels + b.channels };
  }

  add(a: Feature, b: Feature): Feature {
    return { ...a, name: this.graph.node('Add', [a.name, b.name]) };
  }

  pool(x: Feature, stride: readonly number[]): Feature {
    const name = this.graph.node('AveragePool', [x.name], { kernel_shape: stride, strides: stride });
    return { ...x, name, shape: x.shape.map((n, d) => Math.floor(n / stride[d])) };
  }

  activate(x: Feature): Feature {
    const { activation, slope } = this.plan;
    if (activation === 'none') return x;
    const attributes: Attributes = activation === 'LeakyReLU' ? { alpha: { float: slope } } : {};
    return { ...x, name: this.graph.node(activation === 'LeakyReLU' ? 'LeakyRelu' : 'Relu', [x.name], attributes) };
  }

  /** BatchNorm where the checkpoint has running statistics (trainers may put it where the plans say InstanceNorm), InstanceNorm where it has weights alone. */
  norm(x: Feature, name: string): Feature {
    if (this.has(`${name}.running_mean`)) {
      const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => this.take(`${name}.${part}`, [x.channels]));
      const epsilon = { float: this.plan.epsilon };
      return { ...x, name: this.graph.node('BatchNormalization', [x.name, ...parts], { epsilon }) };
    }
    return this.has(`${name}.weight`) ? this.instanceNorm(x, name) : x;
  } // prettier-ignore

  /**
   * Instance normalisation from sums that are exact enough. ONNX Runtime's own operator (1.20 to 1.32) adds up millions of float32 in a few
   * registers: a constant -3.1 over 160³ voxels becomes 0.98 where torch stays below 3e-5. Here each axis is added up by itself, what is left of
   * the mean is taken out in a second pass, and the variance comes from squares of differences.
   */
  private instanceNorm(x: Feature, name: string): Feature {
    const { graph } = this;
    const { rank, epsilon } = this.plan;
    const size = [x.channels, ...this.ones];
    const [weight, bias] = ['weight', 'bias'].map((part) => this.take(`${name}.${part}`, [x.channels], size));
    // Last axis first: its numbers are neighbours in memory.
    const axes = Array.from({ length: rank }, (_, d) => rank + 1 - d);
    const mean = (from: string, over = axes) => over.reduce((at, axis) => graph.node('ReduceMean', [at], { axes: [axis], keepdims: 1 }), from);
    const rough = graph.node('Sub', [x.name, mean(x.name)]);
    const rest = mean(rough);
    const squares = graph.node('ReduceSumSquare', [rough], { axes: [axes[0]], keepdims: 1 });
    const perRow = graph.floats(`one_by_${x.shape[rank - 1]}`, [1 / x.shape[rank - 1]]);
    const square = graph.node('Mul', [mean(squares, axes.slice(1)), perRow]);
    const variance = graph.node('Sub', [square, graph.node('Mul', [rest, rest])]);
    const deviation = graph.node('Sqrt', [graph.node('Add', [variance, graph.floats('epsilon', [epsilon])])]);
    const scale = graph.node('Div', [weight, deviation]);
    const shift = graph.node('Sub', [bias, graph.node('Mul', [rest, scale])]);
    return { ...x, name: graph.node('Add', [graph.node('Mul', [rough, scale]), shift]) };
  } // prettier-ignore

  /** Convolution, norm, activation; without the last where `active` is false. */
  block(x: Feature, name: string, channels: number, kernel: readonly number[], stride = this.ones, active = true): Feature {
    const y = this.conv(x, `${name}.conv`, channels, kernel, stride);
    if (!active) return this.norm(y, `${name}.norm`);
    return this.plan.activationFirst ? this.norm(this.activate(y), `${name}.norm`) : this.activate(this.norm(y, `${name}.norm`));
  } // prettier-ignore

  /** A residual block: two convolutions, or three with a bottleneck where the checkpoint has a third. */
  residual(x: Feature, name: string, channels: number, kernel: readonly number[], stride = this.ones): Feature {
    const pooled = stride.some((step) => step !== 1);
    let skip = pooled ? this.pool(x, stride) : x;
    if (x.channels !== channels) skip = this.block(skip, `${name}.skip.${pooled ? 1 : 0}`, channels, this.ones, this.ones, false);
    const inner = this.weights.get(`${name}.conv1.conv.weight`)?.size[0] ?? channels;
    const y = this.has(`${name}.conv3.conv.weight`)
      ? this.block(this.block(this.block(x, `${name}.conv1`, inner, this.ones), `${name}.conv2`, inner, kernel, stride), `${name}.conv3`, channels, this.ones, this.ones, false)
      : this.block(this.block(x, `${name}.conv1`, channels, kernel, stride), `${name}.conv2`, channels, kernel, this.ones, false);
    return this.activate(this.add(y, skip));
  } // prettier-ignore
}
