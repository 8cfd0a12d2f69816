import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Users } from '../../../gateway/access/users';
import { Problems, type Observed } from '../../../gateway/http/handlers/live-state';
import { temporaryFolder } from '../../imaging/formats/temporary-file';

const problemsOf = (damaged: Observed['damaged']) =>
  new Problems().update({
    tritonRestarts: false,
    triton: {
      live: true,
      url: 'grpc://127.0.0.1:8001',
      shared_memory: { expected: false, used: false, reason: 'off' },
    },
    models: [],
    queue: { queued: 0, limit: 16 },
    error_rate: 0,
    calls_per_min: 0,
    damaged,
  });

test('a damaged list of users and damaged sessions are problems with a next step; without damage there are none', async () => {
  const workspace = temporaryFolder();
  const users = new Users({ workspace });
  expect(await users.damage()).toBeUndefined();
  writeFileSync(join(workspace, 'users.json'), '{"users"');
  const damage = await users.damage();
  expect(damage).toMatch(/is not a list of users/);
  expect(problemsOf({ sessions: 2, leases: 1, users: damage })).toMatchObject([
    { sentence: expect.stringContaining(damage!), next_step: expect.stringContaining('aiaa-gateway password') },
    { sentence: 'Sessions on the disk that cannot be read: 2', next_step: expect.stringContaining('440') },
    { sentence: 'Interactive sessions on the disk that cannot be read: 1', next_step: expect.stringContaining('410') },
  ]);
  expect(problemsOf({ sessions: 0, leases: 0 })).toEqual([]);
});

test.each([
  [true, /^Wait a minute: it is started again by itself/],
  [false, /^Start it with --model-control-mode=explicit/],
])('advice where Triton is away, started again by itself: %s', (tritonRestarts, advice) => {
  const away = { url: 'grpc://127.0.0.1:8001', live: false, shared_memory: { expected: true, used: null, reason: '' } };
  const calls = { error_rate: 0, calls_per_min: 0 };
  const [problem] = new Problems().update({
    tritonRestarts,
    triton: away,
    models: [],
    queue: { queued: 0, limit: 1 },
    ...calls,
  });
  expect(problem.next_step).toMatch(advice);
});
