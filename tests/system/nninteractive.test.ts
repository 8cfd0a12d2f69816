import golden from '../golden/transforms_deepgrow.json';
import { describeThatNeeds } from '../needs';
import {
  clientReleases,
  hasClient,
  runClient as runRelease,
  type ClientLine,
  type ClientStep,
} from './clients/nninteractive';
import { deepgrow2d, deepgrow3d } from './models/deepgrow-config';
import { deepgrowModel } from './models/deepgrow-onnx';
import { brightConfig, identityModel } from './onnx-builder';
import { rampVolume } from '../transforms/deepgrow-samples';
import { sharedServer } from './shared-server';

for (const release of clientReleases) {
  describeThatNeeds(`nninteractive-client ${release}`, hasClient(release))(
    `nninteractive-client ${release} on click models`,
    () => {
      const runClient = (url: string, steps: readonly ClientStep[]) => runRelease(release, url, steps);
      let server: string;
      const urlOf = (model: string) => `${server}/nninteractive/${model}`;
      beforeAll(async () => {
        const { url } = await sharedServer({
          bright: [brightConfig(), identityModel()],
          deepgrow_2d: [deepgrow2d, deepgrowModel([256, 256], 0.5)],
          deepgrow_3d: [deepgrow3d, deepgrowModel([128, 192, 192], 0.01)],
        });
        server = url;
      });

      const goldenOf = (kind: string) => golden.masks.filter((mask) => mask.kind === kind);
      const [volume] = goldenOf('3D');
      const point = (at: number[], include_interaction: boolean, run_prediction = true): ClientStep => {
        return ['add_point_interaction', { coordinates: at.toReversed(), include_interaction, run_prediction }];
      };
      /** Each click by itself; only the last one is answered. */
      const clicks = ({ foreground = [], background = [] }: { foreground?: number[][]; background?: number[][] }) => {
        const all = [...background.map((at) => [at, false] as const), ...foreground.map((at) => [at, true] as const)];
        return all.map(([at, positive], n) => point(at, positive, n === all.length - 1));
      };
      const begin: ClientStep[] = [['open', {}], ['image', volume]]; // prettier-ignore
      const errorsOf = (lines: readonly ClientLine[]) =>
        lines.flatMap(({ error, text }) => (error ? [`${error}: ${text}`] : []));

      test('clicks on a volume give the mask that MONAI has; undo goes back by prompts', async () => {
        const [first, second] = [point([20, 30, 3], true), point([40, 20, 5], true)];
        const undo: ClientStep = ['undo', {}];
        const lines = await runClient(urlOf('deepgrow_3d'), [
      ...begin, ...clicks(volume.params), ['close', {}],
      ...begin, first, second, undo, second, undo, undo, undo, first,
    ]); // prettier-ignore
        expect(errorsOf(lines)).toEqual([]);
        expect(lines[0].supported).toMatchObject({ points: true, lasso: false });
        expect(lines[1].shape).toEqual([1, ...volume.shape.toReversed()]);
        const { sha256, sum } = volume;
        expect(lines[4]).toMatchObject({ sha256, sum });
        const later = lines.slice(7);
        const [empty, one, two, ...after] = later.map((line) => line.sha256);
        expect(one).not.toBe(two);
        expect(after).toEqual([one, two, one, empty, empty, one]);
        expect([3, 5, 6, 7].map((at) => later[at].answer)).toEqual([true, true, true, false]);
      });

      test('a 2-D model answers the slice of the last click, and the others stay', async () => {
    const mask = goldenOf('2D')[1];
    const [[i, j, k]] = mask.params.foreground;
    const lines = await runClient(urlOf('deepgrow_2d'), [['open', {}], ['image', mask], point([i, j, k], true), point([i, j, k - 1], true)]);
    expect(errorsOf(lines)).toEqual([]);
    const { sha256, sum } = mask;
    expect(lines[2]).toMatchObject({ sha256, sum });
    expect(lines[3]).toMatchObject({ sum: 2 * sum, answer: [[k - 1, k], expect.anything(), expect.anything()] });
  }); // prettier-ignore

      test('an initial mask, of the client or of another model, is added to, and loses what the user does not want', async () => {
    const initial: ClientStep = ['mask', { call: 'add_initial_seg_interaction', box: [[3, 4], [28, 33], [15, 45]] }]; // prettier-ignore
    const [wanted, unwanted] = [point([50, 10, 5], true), point([20, 30, 3], false)];
    const lines = await runClient(urlOf('deepgrow_3d'), [...begin, wanted, initial, wanted, unwanted]);
    expect(errorsOf(lines)).toEqual([]);
    const [alone, begun, added, less] = lines.slice(2).map(({ sum }) => sum!);
    expect([begun, added]).toEqual([150, 150 + alone]);
    expect(less).toBeLessThan(added);
    expect(less).toBeGreaterThan(0);
    // Of the ramp's values 0 to 100 half are above 50.
    const bright = rampVolume(volume.shape).data.reduce((sum, value) => sum + (value > 50 ? 1 : 0), 0);
    const automatic = await runClient(`${urlOf('deepgrow_3d')}+bright:bright`, [...begin, wanted, ['reset_interactions', {}], wanted]);
    expect(errorsOf(automatic)).toEqual([]);
    const sums = automatic.map(({ sum }) => sum!);
    expect(sums[1]).toBe(0);
    expect(sums[2]).toBeGreaterThanOrEqual(bright);
    expect(sums[2]).toBeLessThanOrEqual(bright + alone);
    expect(sums.slice(3)).toEqual([0, sums[2]]);
    expect(errorsOf(await runClient(`${urlOf('deepgrow_3d')}+bright:spleen`, [['open', {}]]))).toEqual([expect.stringMatching(/no label .*; it has bright/)]);
  }); // prettier-ignore

      test('what goes wrong is an error of the client’s own, with a sentence', async () => {
    const lasso: ClientStep = ['mask', { call: 'add_lasso_interaction', box: [[0, 1], [0, 5], [0, 5]], more: { include_interaction: true } }]; // prettier-ignore
    const box: ClientStep = ['add_bbox_interaction', { bbox_coords: [[0, 1], [2, 2], [0, 9]], include_interaction: true }]; // prettier-ignore
    const far: ClientStep = ['add_bbox_interaction', { bbox_coords: [[0, 1], [2, 3], [0, 900]], include_interaction: true }]; // prettier-ignore
    const lines = await runClient(urlOf('deepgrow_3d'), [...begin, lasso, box, far, point([61, 0, 0], true), point([0.5, 0, 0], true), point([5, 5, 5], true)]);
    expect(errorsOf(lines)).toEqual([
      expect.stringMatching(/^HTTPStatusError: .*does not take lasso; it takes points/),
      expect.stringMatching(/^HTTPStatusError: .*has an axis without voxels/),
      expect.stringMatching(/^HTTPStatusError: .*lies outside the image, whose shape is \[9, 47, 61\]/),
      expect.stringMatching(/^HTTPStatusError: .*the point \[0, 0, 61\] lies outside/),
      expect.stringMatching(/^HTTPStatusError: .*coordinates/),
    ]);
    // None of it was kept.
    const alone = await runClient(urlOf('deepgrow_3d'), [...begin, point([5, 5, 5], true)]);
    expect(lines.at(-1)!.sha256).toBe(alone.at(-1)!.sha256);
    expect(errorsOf(await runClient(urlOf('none'), [['open', {}]]))).toEqual([
      expect.stringMatching(/^HTTPStatusError: .*There is no model/),
      ]);
  }); // prettier-ignore
    },
  );
}
