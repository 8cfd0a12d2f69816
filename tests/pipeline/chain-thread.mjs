// A thread that runs chains on a file that arrives, as a thread of the gateway does; of the built gateway, since threads run compiled files.
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

const load = createRequire(import.meta.url);
const built = (name) => load(`../../dist/${name}.js`);
const { resetArena, useArena } = built('arena');
const { ArrivingFile, followFile } = built('imaging/formats/arriving-file');
const { abandonVoxels, ComingVoxels, readBeside } = built('imaging/formats/coming-voxels');
const { useDecoders } = built('imaging/formats/dicom/frames/decode-into');
const { runChain } = built('pipeline/chain');
const { StageClock } = built('telemetry/stages');
const { findTransform } = built('transforms/registry');
const { Sample } = built('transforms/sample');

// What nobody has written yet is full of this.
useArena(77);
useDecoders(workerData);
const { of } = ComingVoxels;
let isBeside = false;
ComingVoxels.of = async (plan) => {
  const coming = await of.call(ComingVoxels, plan);
  isBeside = coming !== undefined;
  return coming;
};

parentPort.on('message', async ({ steps, path, shared, beside }) => {
  isBeside = false;
  readBeside(beside);
  followFile(shared && new ArrivingFile(path, 1 << 30, shared));
  const sample = new Sample(new Map([['image', [{ path, name: 'ct.nii.gz' }]]]), {});
  const job = {
    spec: { name: 'm', dialect: 'monai' },
    image: { name: 'ct.nii.gz', path },
    options: { resampling: 'half-pixel' },
  };
  try {
    const chain = steps.map(({ name, args }) => ({ name, args: findTransform(name).args.parse(args) }));
    const run = { job, sample, context: { throwIfCancelled() {} }, clock: new StageClock() };
    await runChain(run, { name: 'pre_transforms', stage: 'pre', steps: chain });
    const { data, shape, affine } = sample.volume('image');
    parentPort.postMessage({
      data: data.slice(),
      shape,
      affine,
      warnings: sample.warned.map(({ text }) => text),
      isBeside,
    });
  } catch ({ code, message }) {
    parentPort.postMessage({ code, message, isBeside });
  } finally {
    await abandonVoxels();
    resetArena();
  }
});
