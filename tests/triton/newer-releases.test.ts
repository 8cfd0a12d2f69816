import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { status } from '@grpc/grpc-js';
import { refuse, startFakeTriton, type Handlers } from './fake-triton';
import { createTriton, type Triton } from '../../gateway/triton/triton';

/** Answers of Triton 2.60 to 2.75 that 2.51, which the tests run, does not give. */
async function withTriton<T>(handlers: Handlers, use: (triton: Triton) => Promise<T>): Promise<T> {
  const server = await startFakeTriton(handlers);
  const triton = createTriton({ url: server.url });
  return use(triton).finally(() => triton.close());
}

test('2.68: shared memory is off, and the remedy is the flag', () =>
  withTriton(
    {
      SystemSharedMemoryRegister: () => {
        throw refuse(status.UNIMPLEMENTED, 'Client shared memory is disabled');
      },
    },
    async (triton) =>
      expect(await triton.sharedMemoryUse(true)).toMatchObject({
        used: false,
        remedy: 'Start Triton with --allow-client-shm=true',
      }),
  ));

test.each([
  ['answers false', () => ({})],
  ['does not know it', () => Promise.reject(refuse(status.NOT_FOUND, "Request for unknown model: 'm' is not found"))],
  ['has no version of it', () => Promise.reject(refuse(status.UNAVAILABLE, "'m' is not at ready state"))],
])('2.71: a model that is not there is not ready, whether the server %s', (_, ModelReady) =>
  withTriton({ ModelReady }, async ({ models: repository }) => expect(await repository.isReady('m')).toBe(false)),
);

test('2.56: a TensorFlow model is refused with the sentence that its backend is gone', () => {
  const what =
    "failed to load 'm', version 1: Invalid argument: unable to find backend library for backend 'tensorflow', try specifying runtime on the model configuration.";
  const RepositoryModelLoad = () => Promise.reject(refuse(status.INVALID_ARGUMENT, what));
  return withTriton({ ModelReady: () => ({}), RepositoryModelLoad }, async ({ models: repository }) =>
    expect(repository.load('m')).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringMatching(
        /no TensorFlow backend: release 25\.02 \(2\.55\) was the last.*--tensorflow_triton_url.*convert.*ONNX/,
      ),
    }),
  );
});

/** The flags that `tritonserver` gets, by the release that its image names. */
const releases = [
  ['', false],
  ['24.10', false],
  ['25.02', false],
  ['25.12', false],
  ['26.03', false],
  ['26.04', true],
  ['26.11', true],
  ['27.01', true],
] as const;

test.each(releases)('docker-compose.yml, release "%s": --allow-client-shm=true is given: %s', (release, given) => {
  const compose = readFileSync(path.join(__dirname, '../../docker-compose.yml'), 'utf8');
  const script = /^ +- (?:&script )?'(case .*)'$/m
    .exec(compose)![1]
    .replaceAll('$$', '$')
    .replace('exec tritonserver', 'echo');
  const env = { PATH: process.env.PATH, NVIDIA_TRITON_SERVER_VERSION: release };
  const line = execFileSync('sh', ['-c', script, 'sh', '--model-repository=/m'], { env, encoding: 'utf8' });
  expect(line).toBe(given ? '--allow-client-shm=true --model-repository=/m\n' : '--model-repository=/m\n');
});

test.each(releases)('npm start with AIAA_TRITONSERVER, release "%s": %s', async (release, given) => {
  const { refusesClientMemory } = await import(path.join(__dirname, '../../scripts/tritonserver.mjs'));
  expect(refusesClientMemory(release)).toBe(given);
});
