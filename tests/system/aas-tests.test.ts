import { readFileSync } from 'node:fs';
import { describeWithData } from '../shared-data';
import { get, infer, openSession, putModel, type InferOptions } from './client';
import { annotationConfig, annotationGraph } from './models/annotation-graph';
import { deepgrowModel } from './models/deepgrow-onnx';
import { brightConfig, classifierConfig, classifierModel, identityModel } from './onnx-builder';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';
import { deleteSession, getSession } from './session-client';

/** The polygon requests of the same file, and their recorded answers, are in client-forms.test.ts. */
describeWithData(
  'the requests of the Python client’s own tests, with models of ours under their names',
  [
    'configs/python-client-aas_tests.json',
    'configs/v4-deepgrow2d.config_aiaa.json',
    'data/aiaa/mask2polygon.input.nii.gz',
    'data/aiaa/cxr_AC07112011207153620_v2.png',
  ],
  (testsFile, deepgrow, volume, xray) => {
    let triton: RealTriton;
    let gateway: RunningGateway;
    const recorded = (name: string) =>
      // eslint-disable-next-line @typescript-eslint/no-explicit-any
      JSON.parse(readFileSync(testsFile, 'utf8')).tests.find((one: any) => one.name === name);
    const bright = { ...brightConfig(), labels: ['spleen'] };

    beforeAll(async () => {
      triton = await startRealTriton();
      gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
      const put = async (test: string, ...model: [unknown, Buffer, string?]) =>
        expect((await putModel(gateway.url, recorded(test).model, ...model)).json).toMatchObject({ success: true });
      await put('test_segmentation_spleen', bright, identityModel());
      await put('test_annotation_spleen', annotationConfig, annotationGraph(), 'model.trt.pb');
      await put('test_deepgrow_spleen', JSON.parse(readFileSync(deepgrow, 'utf8')), deepgrowModel([256, 256], 0.5));
      await put('test_inference', classifierConfig(['bright', 'dark']), classifierModel([4, -4], [-1, 1]));
    }, 180_000);
    afterAll(async () => {
      await gateway?.stop();
      await triton?.stop();
    });

    test('models by label and by name', async () => {
      const { json: found } = await get(`${gateway.url}/v1/models?label=${recorded('test_models').label}`);
      expect(found.map(({ name }: { name: string }) => name)).toContain('segmentation_ct_spleen');
      const { json: one } = await get(`${gateway.url}/v1/models?model=${recorded('test_model').model}`);
      expect(one).toMatchObject({ name: 'segmentation_ct_spleen', labels: ['spleen'] });
    });

    test('a session is created, asked for and closed', async () => {
      const id = await openSession(gateway.url, readFileSync(volume));
      expect((await getSession(gateway.url, id)).status).toBe(200);
      expect((await deleteSession(gateway.url, id)).status).toBe(200);
      expect((await getSession(gateway.url, id)).status).toBe(404);
    });

    test.each<[string, InferOptions['endpoint'], string]>([
      ['test_segmentation_spleen', 'segmentation', volume],
      ['test_annotation_spleen', 'dextr3d', volume],
      ['test_deepgrow_spleen', 'deepgrow', volume],
      ['test_inference', 'inference', xray],
    ])('%s', async (name, endpoint, file) => {
      const { model, point_set: points, foreground, background } = recorded(name);
      const params = Object.fromEntries(
        Object.entries({ points, foreground, background }).filter(([, value]) => value !== undefined),
      );
      const query = file === xray ? 'output=json' : '';
      const fileName = file === xray ? 'x.png' : 'image.nii.gz';
      const answer = await infer(gateway.url, model, readFileSync(file), { endpoint, params, query, fileName });
      expect({ status: answer.status, message: answer.json?.error?.message }).toEqual({ status: 200 });
      if (file === xray) expect(Object.keys(answer.json.probabilities)).toEqual(['bright', 'dark']);
      else expect(answer.image!.length).toBeGreaterThan(352);
    });
  },
);
