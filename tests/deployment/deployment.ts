import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Catalog, type ModelUpload } from '../../gateway/deployment/catalog';
import { Repository } from '../../gateway/deployment/repository';
import { Servers, TritonServer } from '../../gateway/deployment/servers';
import { Store } from '../../gateway/deployment/store';
import { readingHere } from '../../gateway/packages/reading/reading';
import { TransformLibrary } from '../../gateway/transforms/own/library';
import { createTriton, type Triton } from '../../gateway/triton/triton';
import { SharedLocks } from '../../gateway/workspace/locks';
import { silentLogger } from '../silent-logger';
import { brightConfig, identityModel } from '../system/onnx-builder';
import { startRepositoryTriton, type RepositoryTriton } from './repository-triton';

const onnx = identityModel();

/** Versions of a model that are kept. */
export const KEEP = 2;

/** A workspace, the repository of its Triton, and gateways that come and go on both. */
export class Deployment {
  private readonly clients: Triton[] = [];
  private uploads = 0;

  /** Lines of the gateways' logs that tell of errors. */
  readonly errors: string[] = [];
  private readonly folders: string[];

  private constructor(
    readonly root: string,
    readonly triton: RepositoryTriton,
  ) {
    this.folders = [root];
  }

  static async start(): Promise<Deployment> {
    const root = mkdtempSync(join(tmpdir(), 'deployment-'));
    return new Deployment(root, await startRepositoryTriton(join(root, 'repository')));
  }

  /** What a gateway of this name finds after its start. */
  async gateway(name: string, { shared = false, dryRunMs = 0 } = {}): Promise<Catalog> {
    const triton = createTriton({
      url: this.triton.url,
      sharedMemory: 'off',
      deadlines: { metadata: 60_000, load: 60_000 },
    });
    this.clients.push(triton);
    const locks = new SharedLocks(shared ? join(this.root, 'locks') : undefined, 60_000);
    const logger = silentLogger();
    logger.error = ((message: string, facts: object) => {
      this.errors.push(`${message} ${JSON.stringify(facts)}`);
      return logger;
    }) as typeof logger.error;
    const catalog = new Catalog({
      store: this.store(name, locks),
      servers: new Servers(
        new TritonServer('triton', triton, new Repository(join(this.root, 'repository'), name, locks)),
      ),
      logger,
      reading: readingHere(join(this.root, 'lib')),
      library: new TransformLibrary(join(this.root, 'lib')),
      locks,
      options: { shared, dryRunMs, tensorBytes: 1 << 30 },
    });
    await catalog.reconciler.removeDeadGateways(new Set([name]));
    await catalog.reconciler.read();
    await catalog.reconciler.settleAll();
    return catalog;
  }

  /** The models on the disk. */
  store(gateway: string, locks?: SharedLocks): Store {
    return new Store(join(this.root, 'models'), KEEP, gateway, locks);
  }

  /** A network whose config says this. */
  network(description: string, args: object = {}): ModelUpload {
    const path = join(this.root, `upload-${this.uploads++}`);
    writeFileSync(path, onnx);
    const name = 'model.onnx';
    const file = { path, name, detected: { format: 'onnx' as const, sure: true } };
    return { config: networkConfig(description, args), data: { path, name, file } };
  }

  /** Names in a folder of the workspace, sorted. */
  files(folder: string): string[] {
    return readdirSync(join(this.root, folder)).sort();
  }

  /** What is left of unfinished things. */
  get unfinished(): string[] {
    return [...this.files('models/.staging'), ...this.files('.repository.staging')];
  }

  /** Keeps what is on the disk and what Triton serves. @returns brings both back, without the gateways */
  snapshot(): () => Promise<void> {
    const served = [...this.triton.served];
    const copy = mkdtempSync(join(tmpdir(), 'snapshot-'));
    this.folders.push(copy);
    cpSync(this.root, copy, { recursive: true });
    return async () => {
      await this.leave();
      rmSync(this.root, { recursive: true });
      cpSync(copy, this.root, { recursive: true });
      this.triton.served.clear();
      for (const [name, version] of served) this.triton.served.set(name, version);
    };
  }

  async stop(): Promise<void> {
    await this.leave();
    this.triton.stop();
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }

  /** The gateways close their connections. */
  private async leave(): Promise<void> {
    await Promise.all(this.clients.splice(0).map((client) => client.close()));
  }
}

export const networkConfig = (description: string, args: object = {}) =>
  JSON.stringify({ ...brightConfig(args), description });

/** A pipeline that calls two models. */
export const pipelineConfig = JSON.stringify({
  version: '1',
  type: 'pipeline',
  labels: [],
  description: 'a pipeline',
  pre_transforms: [{ name: 'LoadNifti', args: { fields: 'image' } }],
  inference: {
    AIAA: { name: 'aiaa.apps.deepgrow.DeepgrowInferencePipeline', args: { models: ['deepgrow_3d', 'deepgrow_2d'] } },
  },
  post_transforms: [],
  writer: { name: 'Writer', args: { image: 'pred' } },
});
