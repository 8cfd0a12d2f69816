import type { Metadata, UntypedServiceImplementation, handleUnaryCall } from '@grpc/grpc-js';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { RpcName, Rpcs } from '../../gateway/triton/protocol';
import { tritonService } from '../../gateway/triton/protocol';

export type Handlers = {
  [R in RpcName]?: (request: Rpcs[R][0], metadata: Metadata) => Rpcs[R][1] | Promise<Rpcs[R][1]>;
};

export interface FakeTriton {
  url: string;
  port: number;
  /** Calls so far, by name. */
  calls: string[];
  stop(): void;
}

const running = new Set<Server>();

/** A test that failed half way must not keep the process alive. */
afterEach(() => {
  running.forEach((server) => server.forceShutdown());
  running.clear();
});

/** A status that a handler answers with: `throw refuse(status.INTERNAL, 'text')`. */
export function refuse(code: status, details: string): Error {
  return Object.assign(new Error(details), { code, details });
}

/** A model with one free FP32 input IN and output OUT, that gives back what it gets; what most fakes are built on. */
export const identity: Handlers = {
  ModelMetadata: ({ name }) => ({
    name,
    versions: ['1'],
    inputs: [{ name: 'IN', datatype: 'FP32', shape: [-1] }],
    outputs: [{ name: 'OUT', datatype: 'FP32', shape: [-1] }],
  }),
  ModelConfig: () => ({ config: { max_batch_size: 0, input: [], output: [] } }),
};

/**
 * A server of the same protocol that fails as told: for what a real Triton cannot be made to do (be late, refuse shared
 * memory, vanish). Calls without a handler are UNIMPLEMENTED.
 */
export async function startFakeTriton(handlers: Handlers, port = 0): Promise<FakeTriton> {
  const calls: string[] = [];
  const implementation: UntypedServiceImplementation = {};
  for (const rpc of Object.keys(tritonService())) {
    const answer: handleUnaryCall<unknown, unknown> = (call, callback) => {
      calls.push(rpc);
      const handler = handlers[rpc as RpcName] as ((request: unknown, metadata: Metadata) => unknown) | undefined;
      if (!handler) return callback({ code: status.UNIMPLEMENTED, details: `${rpc} is not implemented` });
      Promise.resolve()
        .then(() => handler(call.request, call.metadata))
        .then(
          (value) => callback(null, value),
          (error: Error & { code: status; details: string }) => callback({ code: error.code, details: error.details }),
        );
    };
    implementation[rpc] = answer;
  }
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(tritonService() as never, implementation);
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, value) =>
      error ? reject(error) : resolve(value),
    ),
  );
  running.add(server);
  return { url: `grpc://127.0.0.1:${bound}`, port: bound, calls, stop: () => server.forceShutdown() };
}
