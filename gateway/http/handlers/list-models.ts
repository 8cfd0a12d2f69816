import type { z } from 'zod';
import { describeModel } from '../../config/model-entry';
import type { ModelEntry, Readiness, StoredModel } from '../../contract/models';
import type { modelsQuery } from '../../contract/queries';
import type { Catalog } from '../../deployment/catalog';
import { statusOf } from '../../deployment/model';
import type { Ngc } from '../../deployment/ngc/ngc';
import type { ModelSpec } from '../../model-spec';

/** Substring matches of a label count from this length up. */
const SHORTEST_SUBSTRING = 3;

/**
 * `GET /v1/models`: an array, or one object with `?model=`. Answers from the gateway's own list, never asks Triton.
 * @throws MODEL_NOT_FOUND, MODEL_NOT_READY for one model that is not there, or whose config cannot be read
 */
export function findModels(
  models: Catalog,
  { model, label, type }: z.output<typeof modelsQuery>,
): ModelEntry | ModelEntry[] {
  if (model) return describeModel(models.get(model).spec ?? models.getReady(model).spec);
  const specs = models.list().flatMap((one) => one.spec ?? []);
  const ofType = specs.filter((spec) => type === undefined || spec.type === type.toLowerCase());
  return ofType.filter((spec) => label === undefined || hasLabel(spec, label.toLowerCase())).map(describeModel);
}

function hasLabel({ labels }: ModelSpec, wanted: string): boolean {
  return labels.some((name) => {
    const have = name.toLowerCase();
    const shorter = Math.min(have.length, wanted.length);
    return have === wanted || (shorter >= SHORTEST_SUBSTRING && (have.includes(wanted) || wanted.includes(have)));
  });
}

/** `GET /health/ready`: each Triton answers, and no model is being loaded or still has to be. */
export async function readinessOf(models: Catalog): Promise<Readiness> {
  const { main, tensorflow, all } = models.servers;
  const [triton, second] = await Promise.all([main.state(), tensorflow?.state()]);
  const states = models.list().map((model) => {
    const { state, reason } = statusOf(model);
    return { name: model.name, state, ...(reason && { reason }) };
  });
  const live = triton.live && second?.live !== false;
  const ready = live && all.every(({ isSettled }) => isSettled) && states.every(({ state }) => state !== 'loading');
  return { ready, triton, ...(second && { tensorflow_triton: second }), models: states };
}

/** `GET /`, for programs. @param server the URL that the caller reached this server by */
export function startText(models: Catalog, server: string): string {
  const rows = models.list().map((model) => {
    const { state, reason } = statusOf(model);
    return `  ${model.name}: ${state}${reason ? ` (${reason})` : ''}`;
  });
  return [
    'aiaa-triton-gateway is running.',
    '',
    `Server URL for 3D Slicer, MITK and the Python client:  ${server}`,
    '',
    'Models:',
    ...(rows.length ? rows : ['  none yet: upload one with PUT /admin/model/<name>']),
    '',
    `Model list: ${server}/v1/models    State: ${server}/health/ready`,
    '',
  ].join('\n');
}

/** `GET /admin/model`: every model with its state, ready or not, the versions to go back to, and how far a download for it has come. */
export async function storedModels(models: Catalog, ngc: Ngc): Promise<StoredModel[]> {
  const known = models.list();
  const names = new Set(known.map(({ name }) => name));
  const stored = known.map(async (model) => {
    const { name, spec, checkup } = model;
    const { version, platform, uploaded } = model.stored;
    return {
      name,
      type: spec?.type ?? null,
      ...statusOf(model),
      version,
      platform,
      uploaded,
      versions: (await models.versions(name)).map((kept) => ({ version: kept.version, uploaded: kept.uploaded })),
      warnings: [...(spec?.warnings ?? []), ...(checkup?.warnings ?? [])],
      last_call: models.lastCall(name) ?? null,
      download: ngc.progress.get(name),
    };
  });
  const coming = [...ngc.progress]
    .filter(([name]) => !names.has(name))
    .map(([name, download]) => ({ name, type: null, state: 'downloading', reason: '', download }) as const);
  return [...(await Promise.all(stored)), ...coming].sort((a, b) => (a.name < b.name ? -1 : 1));
}
