import { GatewayError, fail, messageOf } from '../errors';
import type { Channel } from './channel';
import { checkInputs, expectedOutput } from './check-request';
import { carries } from './datatypes';
import { inlineTransport } from './infer-message';
import { rpcFailureOf } from './rpc-failure';
import { RegionUnavailable } from './shared-memory/region-pool';
import type { Signatures } from './signature';
import { type InputTensor, type Tensor, byteLength, elementCount } from './tensor';
import type { CheckedRequest, Receive, Send, TensorTransport, WantedOutput } from './transport';

/** Tensors by name. */
export type TensorMap = Map<string, Tensor>;

export interface InferRequest {
  model: string;
  /** @default the newest version that is ready */
  version?: string;
  inputs: readonly InputTensor[];
  /** With type and shape where the model leaves axes free and the caller knows them: then the output can go through shared memory. */
  outputs: readonly WantedOutput[];
  /** Reads the outputs in place of the caller, who gets none then. */
  receive?: Receive;
  requestId?: string;
  /** The trace the request belongs to, as a header of W3C Trace Context. */
  traceparent?: string;
  /** Stops waiting. Without a dynamic batcher Triton runs the request to its end all the same. */
  signal?: AbortSignal;
  /** @default the channel's deadline for inference */
  deadlineMs?: number;
  /** Makes the call when it may be made; its tensors are in place by then. @default at once */
  inTurn?: <T>(call: () => Promise<T>) => Promise<T>;
}

/** Up to this many bytes (inputs and known outputs) a message is as quick as a region. Measured by bench/transport.bench.mjs. */
const INLINE_UP_TO_BYTES = 64 << 10;

export interface InferenceParts {
  channel: Channel;
  signatures: Signatures;
  /** The way for large tensors, or undefined while it is not to be used. */
  shared: () => Promise<TensorTransport | undefined>;
  /** Tensors went this way and came back. */
  onTensors?: (transport: 'inline' | 'shared_memory', bytes: number) => void;
  /** A request went inline although it is large. */
  onFallback: (reason: string) => void;
  /** Brings back a model whose process died; afterwards its request is repeated. */
  recover: (model: string, reason: string) => Promise<void>;
}

/** Runs models. */
export class InferenceClient {
  constructor(private readonly parts: InferenceParts) {}

  /**
   * Sends tensors to a model and waits for its outputs. A request is repeated only where it did not run: Triton had forgotten a region (it
   * restarted), or the model's process is dead.
   * @returns exactly the outputs asked for, by name
   * @throws BAD_TENSOR, MODEL_NOT_READY, INFERENCE_FAILED, TRITON_TIMEOUT, TRITON_UNAVAILABLE, CANCELLED
   */
  async infer(request: InferRequest): Promise<TensorMap> {
    const { signatures, recover } = this.parts;
    const { model } = request;
    const checked = await this.#check(request);
    try {
      return await this.#exchange(checked, request);
    } catch (error) {
      // The model may have been replaced by one with other tensors.
      signatures.forget(model);
      if (!isUnhealthy(error)) throw error;
      await recover(model, messageOf(error));
      return this.#exchange(checked, request);
    }
  }

  async #check(request: InferRequest): Promise<CheckedRequest> {
    const { model, version = '', inputs, requestId = '', signal, receive } = request;
    for (;;) {
      if (signal?.aborted) throw fail('CANCELLED');
      const { signature, kept } = await this.parts.signatures.get(model, version);
      try {
        checkInputs(model, inputs, signature);
        const outputs = request.outputs.map((output) => ({
          ...output,
          expected: expectedOutput(model, output, inputs, signature),
        }));
        outputs.forEach((output) => checkInto(model, output));
        return { model, version, id: requestId, inputs, outputs, signal, receive };
      } catch (error) {
        if (!kept) throw error;
        this.parts.signatures.forget(model);
      }
    }
  }

  async #exchange(
    request: CheckedRequest,
    { deadlineMs, traceparent, inTurn = (call) => call() }: InferRequest,
  ): Promise<TensorMap> {
    const { channel, onFallback, onTensors } = this.parts;
    const { model, signal, inputs } = request;
    const headers = traceparent ? { traceparent } : undefined;
    const options = { model, tensors: inputs.map(({ name }) => name), signal, deadlineMs, headers };
    const send: Send = (message) =>
      inTurn(() => channel.callEncoded('ModelInfer', message, { kind: 'infer', ...options }));
    const bytes = bytesOf(request);
    const through = async (way: 'inline' | 'shared_memory', transport: TensorTransport) => {
      const tensors = await transport.exchange(request, send);
      onTensors?.(way, bytes);
      return tensors;
    };
    const shared = bytes > INLINE_UP_TO_BYTES ? await this.parts.shared() : undefined;
    try {
      if (shared) return await through('shared_memory', shared);
    } catch (error) {
      if (!(error instanceof RegionUnavailable)) throw error;
      onFallback(error.message);
    }
    return through('inline', inlineTransport);
  }
}

function bytesOf({ inputs, outputs }: CheckedRequest): number {
  const types = [...inputs, ...outputs.flatMap(({ expected }) => expected ?? [])];
  return types.reduce((sum, type) => sum + byteLength(type), 0);
}

function checkInto(model: string, { name, into, expected }: WantedOutput): void {
  const fits = !into || (expected && carries(expected.datatype, into) && into.length === elementCount(expected.shape));
  const what = 'the array for the result was made for another type or shape';
  if (!fits) throw fail('BAD_TENSOR', { tensor: name, model, what });
}

/** The process of a Python model died. Triton says so before each request from then on, for ever, and calls the model ready. */
const isUnhealthy = (error: unknown): boolean =>
  error instanceof GatewayError && /is not healthy/.test(rpcFailureOf(error)?.details ?? '');
