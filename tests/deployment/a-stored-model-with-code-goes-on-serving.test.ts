import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityModel } from '../system/onnx-builder';
import { foreignFunction } from '../packages/operators/hostile-models';
import { Deployment, networkConfig } from './deployment';

let world: Deployment;
beforeEach(async () => (world = await Deployment.start()));
afterEach(() => world.stop());

test('a model from before the check serves with a warning after an update; a new config for it is refused', async () => {
  await (await world.gateway('g1')).put('m', world.network('first'));
  // As a gateway stored it that did not look into models.
  const stored = join(world.root, 'models/m/1/model.onnx');
  writeFileSync(stored, Buffer.concat([identityModel(), foreignFunction]));
  const updated = await world.gateway('g2');
  expect(updated.get('m')).toMatchObject({
    state: 'ready',
    spec: { warnings: [expect.stringMatching(/would be refused today, and goes on serving.*acme::Shell "n"/)] },
  });
  const refused = { code: 'CODE_NOT_ALLOWED', message: expect.stringContaining('acme::Shell "n" in the function "F"') };
  await expect(updated.checkConfig('m', networkConfig('second'))).rejects.toMatchObject(refused);
  await expect(updated.patch('m', networkConfig('second'))).rejects.toMatchObject(refused);
  expect(updated.get('m').state).toBe('ready');
});
