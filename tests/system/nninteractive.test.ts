import golden from '../golden/transforms_deepgrow.json';
import { describeThatNeeds } from '../needs';
import { hasClient, runClient, type ClientStep } from './clients/nninteractive';
import { deepgrow2d, deepgrow3d } from './models/deepgrow-config';
import { deepgrowModel } from './models/deepgrow-onnx';
import { sharedServer } from './shared-server';

describeThatNeeds('nninteractive-client', hasClient)('nninteractive-client on click models', () => {
  let url: string;
  beforeAll(async () => {
    ({ url } = await sharedServer({
      NNI_deepgrow_2d: [deepgrow2d, deepgrowModel([256, 256], 0.5)],
      NNI_deepgrow_3d: [deepgrow3d, deepgrowModel([128, 192, 192], 0.01)],
    }));
  });

  const goldenOf = (kind: string) => golden.masks.filter((mask) => mask.kind === kind);
  /** Each click by itself; only the last one is answered. */
  const clicks = ({ foreground = [], background = [] }: { foreground?: number[][]; background?: number[][] }) => {
    const all = [...background.map((at) => ({ at, positive: false })), ...foreground.map((at) => ({ at, positive: true }))];
    return all.map(({ at, positive }, n): ClientStep => [
      'add_point_interaction',
      { coordinates: at.toReversed(), include_interaction: positive, run_prediction: n === all.length - 1 },
    ]);
  }; // prettier-ignore

  test.each(goldenOf('3D'))('clicks on a volume of $shape give the mask that MONAI has', async (mask) => {
    const lines = await runClient(`${url}/nninteractive/NNI_deepgrow_3d`, [
      ['open', {}],
      ['image', mask],
      ...clicks(mask.params),
      ['close', {}],
    ]);
    expect(lines.flatMap(({ error, text }) => (error ? [text] : []))).toEqual([]);
    expect(lines[0].supported).toMatchObject({ points: true, lasso: false });
    expect(lines[1].shape).toEqual([1, ...mask.shape.toReversed()]);
    expect(lines.at(-2)).toMatchObject({ sha256: mask.sha256, sum: mask.sum });
  });
});
