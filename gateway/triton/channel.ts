import type { ChannelOptions as GrpcOptions, ServiceError } from '@grpc/grpc-js';
import { Client, Metadata, connectivityState, credentials } from '@grpc/grpc-js';
import { fail } from '../errors';
import { type CallSubject, RpcFailure, asCatalogueError } from './rpc-failure';
import { type RpcName, type Rpcs, methodOf } from './protocol';

/** How long calls may take, in milliseconds. */
export interface Deadlines {
  /** Health, metadata, index, shared memory. @default 5000 */
  metadata: number;
  /** One inference, its wait in Triton's queue included. @default 600000 */
  infer: number;
  /** Load and unload; warm-up and building of TensorRT engines count. @default 1200000 */
  load: number;
}

export interface ChannelOptions {
  /** `grpc://host:port`, or `grpcs://host:port` for TLS (roots: the system's, or GRPC_DEFAULT_SSL_ROOTS_FILE_PATH). */
  url: string;
  deadlines?: Partial<Deadlines>;
  /**
   * Whether the connection goes through the proxy that `grpc_proxy`, `https_proxy` or `http_proxy` names. Those of a hospital's shell are for the
   * world outside, and grpc-js would take them for a Triton on this machine too. @default false
   */
  proxy?: boolean;
  /** Sent with every call, such as the secret of `--grpc-restricted-protocol`: `{ 'triton-grpc-protocol-<key>': '<value>' }`. */
  headers?: Record<string, string>;
}

export interface CallOptions extends Partial<Pick<CallSubject, 'kind' | 'model' | 'tensors'>> {
  /** @default the deadline of `kind` */
  deadlineMs?: number;
  /** Cancels the call. Triton may go on with what it has begun. */
  signal?: AbortSignal;
  /** Sent with this call alone. */
  headers?: Record<string, string>;
}

/** Largest message in either direction: 2^31 - 2 bytes pass, one more and the server cannot parse it. */
export const MAX_MESSAGE_BYTES = 2 ** 31 - 2;

const defaultDeadlines: Deadlines = { metadata: 5_000, infer: 600_000, load: 1_200_000 };

const grpcOptions: GrpcOptions = {
  'grpc.max_receive_message_length': 2 ** 31 - 1,
  'grpc.max_send_message_length': 2 ** 31 - 1,
  'grpc-node.flow_control_window': 16 << 20,
  'grpc.enable_retries': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.enable_channelz': 0,
};

/**
 * One connection to one Triton. Every call has a deadline, and every failure is an error of the catalogue with the
 * {@link RpcFailure} as its cause. It connects on the first call, and again by itself whenever Triton comes back.
 */
export class Channel {
  readonly url: string;
  readonly #client: Client;
  readonly #deadlines: Deadlines;
  readonly #metadata = new Metadata();

  constructor({ url, deadlines, headers, proxy = false }: ChannelOptions) {
    const target = /^(?:(grpcs?):\/\/)?((?:[^/:[\]]+|\[[\da-fA-F:.%]+\]):\d+)\/?$/.exec(url);
    if (!target)
      throw fail('BAD_PARAMS', {
        what: `"${url}" is not the address of a Triton: use grpc://host:port or grpcs://host:port`,
      });
    this.url = url;
    this.#deadlines = { ...defaultDeadlines, ...deadlines };
    for (const [name, value] of Object.entries(headers ?? {})) this.#metadata.set(name, value);
    const security = target[1] === 'grpcs' ? credentials.createSsl() : credentials.createInsecure();
    this.#client = new Client(target[2], security, { ...grpcOptions, 'grpc.enable_http_proxy': proxy ? 1 : 0 });
  }

  /** Makes a call; `request` has the field names of the proto. */
  call<R extends RpcName>(rpc: R, request: Rpcs[R][0], options: CallOptions = {}): Promise<Rpcs[R][1]> {
    return this.#unary(rpc, methodOf(rpc).requestSerialize, request, options);
  }

  /** Makes a call whose request is already encoded. */
  callEncoded<R extends RpcName>(rpc: R, message: Buffer, options: CallOptions = {}): Promise<Rpcs[R][1]> {
    return this.#unary(rpc, (ready: Buffer) => ready, message, options);
  }

  /** Calls `listener` each time an established connection breaks. @returns stops that */
  onConnectionLost(listener: () => void): () => void {
    const channel = this.#client.getChannel();
    let stopped = false;
    const watch = (last: connectivityState): void =>
      channel.watchConnectivityState(last, Infinity, (closed) => {
        if (stopped || closed) return;
        const now = channel.getConnectivityState(false);
        if (now === connectivityState.SHUTDOWN) return;
        if (last === connectivityState.READY) listener();
        watch(now);
      });
    watch(channel.getConnectivityState(false));
    return () => {
      stopped = true;
    };
  }

  close(): void {
    this.#client.close();
  }

  #metadataWith(headers: Record<string, string> | undefined): Metadata {
    if (!headers) return this.#metadata;
    const metadata = this.#metadata.clone();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return metadata;
  }

  #unary<Q, A>(rpc: RpcName, serialize: (request: Q) => Buffer, request: Q, options: CallOptions): Promise<A> {
    const { kind = 'metadata', signal, model, tensors } = options;
    const deadlineMs = options.deadlineMs ?? this.#deadlines[kind];
    const method = methodOf(rpc);
    return new Promise<A>((resolve, reject) => {
      if (signal?.aborted) return reject(fail('CANCELLED'));
      const settle = (error: ServiceError | null, answer?: A): void => {
        signal?.removeEventListener('abort', cancel);
        if (!error) return resolve(answer as A);
        const failure = new RpcFailure(rpc, error.code, error.details ?? '');
        if (signal?.aborted) return reject(fail('CANCELLED', {}, { cause: failure }));
        reject(asCatalogueError(failure, { kind, url: this.url, deadlineMs, model, tensors }));
      };
      const call = this.#client.makeUnaryRequest<Q, A>(
        method.path,
        serialize,
        method.responseDeserialize as (bytes: Buffer) => A,
        request,
        this.#metadataWith(options.headers),
        { deadline: Date.now() + deadlineMs },
        settle,
      );
      const cancel = (): void => call.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }
}
