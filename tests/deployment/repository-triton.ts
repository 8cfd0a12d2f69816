import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { refuse, startFakeTriton, type FakeTriton, type Handlers } from '../triton/fake-triton';

export interface RepositoryTriton extends FakeTriton {
  /** Versions that serve, by model. */
  served: Map<string, string>;
  /** Forgets its models, as a process that is started again in explicit mode does. */
  restart(): void;
  /** Loads fail while this is set. */
  refusesLoads: boolean;
  /** Nothing answers while this is set. */
  isAway: boolean;
  /** Called before each load and unload takes effect; what it throws is the answer. */
  beforeChange(rpc: string): void;
}

/** A Triton of this process with explicit model control: loads what stands in the repository folder, and serves its one version. */
export async function startRepositoryTriton(root: string): Promise<RepositoryTriton> {
  const served = new Map<string, string>();
  const handlers: Handlers = {
    ServerLive: () => ({ live: true }),
    RepositoryModelLoad: ({ model_name: name }) => {
      fake.beforeChange('load');
      const folder = join(root, name);
      const text = existsSync(folder) ? readFileSync(join(folder, 'config.pbtxt'), 'utf8') : '';
      const [, version] = /versions:\s*\[?\s*(\d+)/.exec(text) ?? [];
      if (fake.refusesLoads || !version || readdirSync(join(folder, version)).length === 0)
        throw refuse(status.INTERNAL, `failed to load '${name}', no version is available`);
      served.set(name, version);
      return {};
    },
    RepositoryModelUnload: ({ model_name: name }) => {
      fake.beforeChange('unload');
      served.delete(name);
      return {};
    },
    ModelReady: ({ name, version }) => ({ ready: served.has(name) && (!version || served.get(name) === version) }),
    RepositoryIndex: () => ({
      models: [...served].map(([name, version]) => ({ name, version, state: 'READY' })),
    }),
    ModelMetadata: ({ name }) => ({
      name,
      versions: [served.get(name)!],
      inputs: [{ name: 'INPUT', datatype: 'FP32', shape: [-1, 1, -1, -1, -1] }],
      outputs: [{ name: 'OUTPUT', datatype: 'FP32', shape: [-1, 1, -1, -1, -1] }],
    }),
    ModelConfig: () => ({ config: { max_batch_size: 8, input: [], output: [] } }),
    ModelInfer: () => {
      throw refuse(status.INVALID_ARGUMENT, 'no kernel for this shape');
    },
  };
  const answering = Object.entries(handlers).map(([rpc, handler]) => [
    rpc,
    (...call: Parameters<typeof handler>) => {
      if (fake.isAway) throw refuse(status.UNAVAILABLE, 'away');
      return (handler as (...call: unknown[]) => unknown)(...call);
    },
  ]);
  const server = await startFakeTriton(Object.fromEntries(answering) as Handlers);
  const fake: RepositoryTriton = Object.assign(server, {
    served,
    restart: () => served.clear(),
    refusesLoads: false,
    isAway: false,
    beforeChange: () => undefined,
  });
  return fake;
}
