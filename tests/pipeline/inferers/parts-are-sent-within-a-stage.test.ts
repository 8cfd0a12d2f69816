import { StageClock } from '../../../gateway/telemetry/stages';
import { makeNifti1 } from '../../imaging/formats/nifti/make-nifti';
import { temporaryFile } from '../../imaging/formats/temporary-file';
import { throughIdentity } from '../identity-model';

test('the time in which a part of a tensor is handed over is Triton’s, that in which it is cut is not', async () => {
  // Two parts: one holds a million numbers.
  const dim = [128, 128, 100];
  const path = temporaryFile('a.nii', makeNifti1({ dim, datatype: 2, voxels: new Uint8Array(128 * 128 * 100).fill(1) })); // prettier-ignore
  const seen: string[] = [];
  let open = 0;
  const clock = new StageClock({
    enter(stage) {
      expect(open++).toBe(0);
      seen.push(stage);
    },
    leave: () => void open--,
    advance: () => undefined,
  });
  const chains = {
    pre_transforms: [
      { name: 'LoadNifti', args: { fields: 'image' } },
      { name: 'ConvertToChannelsFirst', args: { fields: 'image' } },
    ],
    post_transforms: [],
    writer: { name: 'WriteNifti', args: { field: 'model', dtype: 'uint8' } },
  };
  await throughIdentity({ path, name: 'a.nii' }, chains, 4, {}, clock);
  const handedOver = seen.slice(seen.indexOf('triton') - 1, seen.lastIndexOf('triton') + 1);
  expect(handedOver).toEqual(['window', 'triton', 'window', 'triton']);
});
