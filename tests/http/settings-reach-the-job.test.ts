import request from 'supertest';
import { createApp, type Parts } from '../../gateway/app';
import type { Job } from '../../gateway/pipeline/job';
import { appParts, fakeModel } from './app-parts';

/** Options of the job that an upload to the path is made into. */
async function optionsOf(path: string, flags: Record<string, string>): Promise<Job['options'] | undefined> {
  const parts = appParts(flags);
  const jobs: Job[] = [];
  Object.assign(parts.models, {
    getReady: (name: string) => fakeModel(name),
    run: (served: object, gone: AbortSignal, job: (models: object, signal: AbortSignal) => unknown) =>
      job(served, gone),
  });
  const run = (job: Job) => {
    jobs.push(job);
    return Promise.resolve({ json: {}, stages: {} });
  };
  const app = createApp({ ...parts, queue: { load: {}, run } as unknown as Parts['queue'] });
  await request(app).post(path).attach('image', Buffer.from('image'), 'image.nii');
  return jobs[0]?.options;
}

test.each(['/v1/segmentation?model=ct', '/infer/ct'])('POST %s', async (path) => {
  expect(await optionsOf(path, {})).toEqual({
    resampling: 'half-pixel',
    niftiUnits: 'convert',
    claraWindows: 'clara',
    fusion: 'on',
  });
  const flags = { resampling: 'align-corners', nifti_units: 'ignore', clara_windows: 'monai', fusion: 'off' };
  expect(await optionsOf(path, flags)).toEqual({
    resampling: 'align-corners',
    niftiUnits: 'ignore',
    claraWindows: 'monai',
    fusion: 'off',
  });
});
