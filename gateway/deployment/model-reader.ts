import { join } from 'node:path';
import type { TransformLibrary } from '../transforms/own/library';
import { parseJson } from '../config/config-source';
import { parseModelConfig } from '../config/parse-model-config';
import { catalogueWith } from '../config/transform-catalogue';
import type { ModelSpec } from '../model-spec';
import { buildPackage, type BuiltPackage } from '../packages/build-package';
import type { UploadedModel } from '../packages/package-builder';
import type { BuildOptions } from '../packages/repository-package';
import type { PackageRecord, StoredVersion } from './store';

/** Reads configs and packages, uploaded or stored. */
export class ModelReader {
  constructor(
    /** Transforms that model authors brought. */
    private readonly library: TransformLibrary,
    private readonly options: BuildOptions,
  ) {}

  /** Reads a config with the transforms there are now, those of model authors included. @throws BAD_CONFIG */
  async config(
    config: unknown,
    name: string,
    found: Pick<PackageRecord, 'bundleMetadata' | 'tritonConfig'>,
  ): Promise<ModelSpec> {
    await this.library.refresh();
    return parseModelConfig(config, name, { ...found, catalogue: catalogueWith(this.library) });
  }

  /** {@link config} of a text. */
  configText(text: string, name: string, found: Pick<PackageRecord, 'bundleMetadata' | 'tritonConfig'>) {
    return this.config(parseJson(text), name, found);
  }

  /** @throws what {@link buildPackage} throws */
  package(spec: ModelSpec, model: UploadedModel): Promise<BuiltPackage> {
    return buildPackage(spec, model, this.options);
  }

  /** The spec of a stored version. @throws BAD_CONFIG, BAD_MODEL_FILE */
  async stored({ name, file, directory, bundleMetadata, tritonConfig, config }: StoredVersion): Promise<ModelSpec> {
    const spec = await this.config(config, name, { bundleMetadata, tritonConfig });
    if (file === undefined) return spec;
    return (await this.package(spec, { path: join(directory, file), name: file, tritonConfig })).spec;
  }
}
