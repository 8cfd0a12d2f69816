import type { Channel } from './channel';
import { instanceCount } from './model-config';
import type { TensorMetadata } from './protocol';

/** The inputs and outputs of a model, as requests see them. */
export interface ModelSignature {
  inputs: Map<string, TensorMetadata>;
  /** Inputs a request may leave out. */
  optionalInputs: Set<string>;
  outputs: Map<string, TensorMetadata>;
  /** 0: no batch axis; else axis 0 of every tensor is the batch, at most this long. */
  maxBatchSize: number;
  /** Answers come through the stream call only, which the gateway does not use. */
  decoupled: boolean;
  /** How many requests Triton computes at a time. */
  instances: number;
}

/** Signatures of the models of one Triton, asked for once and kept until {@link Signatures.forget}. */
export class Signatures {
  readonly #known = new Map<string, Promise<ModelSignature>>();

  constructor(private readonly channel: Channel) {}

  /** @returns the signature, and whether it was kept from an earlier request (the model may have changed since) */
  async get(model: string, version = ''): Promise<{ signature: ModelSignature; kept: boolean }> {
    const key = `${model}/${version}`;
    const known = this.#known.get(key);
    if (known) return { signature: await known, kept: true };
    const asked = this.#ask(model, version);
    this.#known.set(key, asked);
    try {
      return { signature: await asked, kept: false };
    } catch (error) {
      if (this.#known.get(key) === asked) this.#known.delete(key);
      throw error;
    }
  }

  /** Asks again at the next request of any version of the model. */
  forget(model: string): void {
    for (const key of this.#known.keys()) {
      if (key.startsWith(`${model}/`)) this.#known.delete(key);
    }
  }

  forgetAll(): void {
    this.#known.clear();
  }

  async #ask(model: string, version: string): Promise<ModelSignature> {
    const [metadata, { config }] = await Promise.all([
      this.channel.call('ModelMetadata', { name: model, version }, { model }),
      this.channel.call('ModelConfig', { name: model, version }, { model }),
    ]);
    const byName = (list: TensorMetadata[]) => new Map(list.map((tensor) => [tensor.name, tensor]));
    return {
      inputs: byName(metadata.inputs),
      outputs: byName(metadata.outputs),
      optionalInputs: new Set(config.input.filter((input) => input.optional).map((input) => input.name)),
      maxBatchSize: config.max_batch_size ?? 0,
      decoupled: config.model_transaction_policy?.decoupled ?? false,
      instances: instanceCount(config),
    };
  }
}
