import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Users } from '../../gateway/access/users';
import type { Parts } from '../../gateway/http/services';
import { readingHere } from '../../gateway/packages/reading/reading';
import { JobRegistry } from '../../gateway/jobs/job-registry';
import type { Catalog, Model } from '../../gateway/deployment/catalog';
import { SharedLocks } from '../../gateway/workspace/locks';
import { readSettings } from '../../gateway/settings';
import { Servers, TritonServer } from '../../gateway/deployment/servers';
import type { Triton } from '../../gateway/triton/triton';
import { silentLogger } from '../silent-logger';

/** A model as the routes see it. */
export function fakeModel(name: string, more: Partial<Model> = {}, spec: Record<string, unknown> = {}): Model {
  const about = { name, type: 'segmentation', labels: ['spleen'], description: 'CT', version: '1', info: {}, ...spec };
  return { name, state: 'ready', reason: '', spec: about, stored: {}, ...more } as unknown as Model;
}

const workspaces: string[] = [];
afterAll(() => workspaces.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** What `createApp` needs, without Triton: a fixed list of models, and nothing that could run them. */
export function appParts(
  flags: Record<string, string> = {},
  models: () => Model[] = () => [],
  live = () => true,
): Parts {
  const workspace = mkdtempSync(path.join(tmpdir(), 'app-'));
  workspaces.push(workspace);
  const argv = Object.entries({ workspace, ...flags }).map(([name, value]) => `--${name}=${value}`);
  const listed: Partial<Catalog> = {
    list: models,
    find: (name) => models().find((model) => model.name === name),
    get: (name) => models().find((model) => model.name === name)!,
    servers: new Servers(
      new TritonServer(
        'triton',
        {
          url: 'grpc://127.0.0.1:8001',
          health: { isLive: () => Promise.resolve(live()) },
          sharedMemoryUse: () => Promise.resolve({ expected: true, used: live() || null, reason: 'told by the test' }),
        } as unknown as Triton,
        undefined as never,
      ),
    ),
  };
  return {
    settings: readSettings(argv, {}),
    logger: silentLogger(),
    models: listed as Catalog,
    queue: { load: {} } as Parts['queue'],
    jobs: new JobRegistry(),
    history: { record: () => undefined } as unknown as Parts['history'],
    version: '0.0.0',
    sessions: {} as Parts['sessions'],
    leases: {} as Parts['leases'],
    users: new Users({ workspace }),
    webFolder: path.join(__dirname, '../../dist/web'),
    locks: new SharedLocks(undefined, 1000),
    reading: readingHere(path.join(workspace, 'lib')),
    gateway: 'alone',
  };
}
