import { readFileSync } from 'node:fs';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { describeWithData } from '../shared-data';
import { get, putModel } from './client';
import { readAsPoco } from './clients/poco';
import { classifierConfig, classifierModel } from './onnx-builder';
import { multipartBody, post, sendRaw } from './raw-http';
import { startRealTriton, type RealTriton } from './real-triton';
import { startGateway, type RunningGateway } from './running-gateway';

const labels = ['bright', 'dark', 'never'];
const weights = [4, -4, 0];
const biases = [-1, 1, -5];

let triton: RealTriton;
let gateway: RunningGateway;

beforeAll(async () => {
  triton = await startRealTriton();
  gateway = await startGateway({ tritonUrl: triton.grpcUrl, repository: triton.repository });
  for (const [name, type] of [
    ['xray', 'classification'],
    ['other', 'others'],
  ]) {
    const answer = await putModel(gateway.url, name, classifierConfig(labels, type), classifierModel(weights, biases));
    expect({ status: answer.status, message: answer.json.error?.message }).toEqual({ status: 200, message: undefined });
  }
});

afterAll(async () => {
  await gateway?.stop();
  await triton?.stop();
});

describeWithData('an X-ray in, JSON out', ['data/cxr/00000001_000.png'], (xray) => {
  const body = () =>
    multipartBody('b', [
      [['Content-Disposition: form-data; name="params"'], '{}'],
      [
        ['Content-Disposition: form-data; name="datapoint"; filename="x.png"', 'Content-Type: image/png'],
        readFileSync(xray),
      ],
    ]);
  const call = (query: string) =>
    post(gateway.url, `/v1/inference?model=${query}`, 'multipart/form-data; boundary=b', body());

  async function expected() {
    const { data } = (await decodeImage(xray, 'x.png')).volume;
    const mean = Array.from(data, Number).reduce((sum, value) => sum + value, 0) / data.length / 255;
    return weights.map((weight, i) => 1 / (1 + Math.exp(-(mean * weight + biases[i]))));
  }

  test.each(['xray', 'other'])('%s: multipart with params alone, which the Python 3 client takes', async (model) => {
    const answer = await call(model);
    expect(answer.headers['content-type']).toMatch(/^multipart\/form-data/);
    const { text, file } = readAsPoco(answer);
    expect(file).toBeUndefined();
    const { prediction, probabilities } = JSON.parse(text!) as {
      prediction: string[];
      probabilities: Record<string, number>;
    };
    const scores = await expected();
    labels.forEach((label, i) => expect(probabilities[label]).toBeCloseTo(scores[i], 3));
    expect(prediction).toEqual(labels.filter((_, i) => scores[i] >= 0.5));
    expect(prediction).toHaveLength(1);
  });

  test('plain JSON with output=json or for those who accept JSON', async () => {
    const { text } = readAsPoco(await call('xray'));
    const plain = await call('xray&output=json');
    const sent = body();
    const head = [
      'POST /v1/inference?model=xray HTTP/1.1',
      'Host: localhost',
      'Connection: close',
      'Accept: application/json',
    ];
    const type = ['Content-Type: multipart/form-data; boundary=b', `Content-Length: ${sent.length}`];
    const accepted = await sendRaw(gateway.url, [...head, ...type], sent);
    for (const { headers, body: json } of [plain, accepted]) {
      expect(headers['content-type']).toBe('application/json');
      expect(JSON.parse(json.toString())).toEqual(JSON.parse(text!));
    }
  });

  test('the list names the type', async () => {
    const { json } = await get(`${gateway.url}/v1/models?type=classification`);
    expect(json).toMatchObject([{ name: 'xray', type: 'classification', labels, version: '3' }]);
  });
});
