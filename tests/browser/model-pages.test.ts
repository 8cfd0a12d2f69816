import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { encodeNrrd } from '../../gateway/imaging/formats/nrrd/nrrd';
import { encodePng } from '../../gateway/imaging/formats/png';
import { makeDicom } from '../imaging/formats/dicom/make-dicom';
import { checkpoint } from '../packages/nnunet/pickle-builder';
import { architecture, dataset, plansWith, small } from '../packages/nnunet/small-network';
import { zipOf } from '../packages/zip-builder';
import { appParts } from '../http/app-parts';
import { get, infer, putModel, sampleConfig, sampleModel } from '../system/client';
import { annotationConfig, annotationGraph } from '../system/models/annotation-graph';
import { brightConfig, identityModel } from '../system/onnx-builder';
import { rampNifti } from '../system/ramp-nifti';
import { startRealTriton, type RealTriton } from '../system/real-triton';
import { startGateway, type RunningGateway } from '../system/running-gateway';
import { ENDLESS_IMAGE, putSlowModel } from '../system/slow-model';
import { smallImage } from '../system/small-image';
import { rampVolume } from '../transforms/deepgrow-samples';
import { describeInChromium, serveApp, SOFTWARE_GL, startBrowser } from './chromium';
import { lookAtPage, watchPage, type WatchedPage } from './watched-page';
import { until } from '../until';

const HEADER_BYTES = 352;
const SHAPE = [48, 40, 30];

const GUIDE = path.join(__dirname, '../../docs/guides/try-a-model.md');
const VIEWER = /\/chunks\/viewer-/;

const brightMmar = () =>
  zipOf({ 'config/config_aiaa.json': JSON.stringify(brightConfig()), 'models/model.onnx': identityModel() });

/** A results folder of nnU-Net with two configurations of two folds, trained with mirroring. */
function resultsFolder(): Buffer {
  const { configurations, ...rest } = plansWith(architecture, [8, 8]);
  const plans = { ...rest, configurations: { '2d': configurations.test, '3d_lowres': configurations.test } };
  const folders = Object.keys(plans.configurations).flatMap((configuration) => {
    const root = `Dataset001_test/nnUNetTrainer__nnUNetPlans__${configuration}`;
    const trained = checkpoint(small({ plans, configuration, mirrorAxes: [0, 1] }));
    const folds = ['0', '1'].map((fold) => [`${root}/fold_${fold}/checkpoint_final.pth`, trained]);
    return [...folds, [`${root}/plans.json`, JSON.stringify(plans)], [`${root}/dataset.json`, JSON.stringify(dataset)]];
  });
  return zipOf(Object.fromEntries(folders));
}

describeInChromium('pages of model authors, with a real Triton in Chromium', () => {
  let triton: RealTriton;
  let gateway: RunningGateway;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let folder: string;
  let ramp: Buffer;
  /** In NGC's place. */
  const ngc = createServer(({ url }, response) => {
    const known = url!.startsWith('/v2/models/nvidia/med/bright/versions/1/');
    response.writeHead(known ? 200 : 404).end(known ? brightMmar() : undefined);
  });

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'model-pages-'));
    mkdirSync(path.join(folder, 'samples'));
    ramp = await rampNifti(SHAPE, [1.5, 2, 2.5]);
    writeFileSync(path.join(folder, 'samples', 'ramp.nii.gz'), ramp);
    writeFileSync(path.join(folder, 'samples', 'a ct.nii.gz'), await smallImage(6, 96));
    writeFileSync(path.join(folder, 'samples', 'endless.nii'), ENDLESS_IMAGE);
    await new Promise<void>((resolve) => ngc.listen(0, '127.0.0.1', resolve));
    triton = await startRealTriton();
    gateway = await startGateway({
      tritonUrl: triton.grpcUrl,
      repository: triton.repository,
      flags: {
        allow_code_models: 'true',
        samples: path.join(folder, 'samples'),
        ngc_url: `http://127.0.0.1:${(ngc.address() as AddressInfo).port}`,
      },
    });
    const deepgrow = await import(path.join(__dirname, '../../bench/support/deepgrow-model.mjs'));
    const models: [string, unknown, Buffer, string?][] = [
      ['spleen_ct', sampleConfig(), sampleModel()],
      ['annotation_spleen', annotationConfig, annotationGraph(), 'model.trt.pb'],
      ['deepgrow_2d', deepgrow.deepgrowConfig, deepgrow.deepgrowModel()],
    ];
    for (const [name, config, data, file] of models) {
      const { status, json } = await putModel(gateway.url, name, config, data, file);
      expect({ status, message: json.error?.message }).toEqual({ status: 200 });
    }
    expect(await putSlowModel(gateway.url)).toMatchObject({ status: 200 });
    browser = await startBrowser(SOFTWARE_GL);
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.stop();
    await triton?.stop();
    ngc.close().closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    watched = await watchPage(browser, gateway.url, { acceptDownloads: true });
    ({ page } = watched);
  });
  afterEach(() => page.close());

  const voxelsOf = (file: Buffer) => gunzipSync(file).subarray(HEADER_BYTES);
  const says = (id: string, text: RegExp) => page.locator(`#${id}`, { hasText: text }).waitFor();

  /** Of the whole table at one moment: each new mask has a table of its own. */
  const labelCells = () => page.locator('#labels tbody td').allTextContents();

  async function openTry(model: string, sample?: string): Promise<void> {
    await watched.open(`/try/?model=${model}`);
    if (sample) await page.locator('#samples button', { hasText: sample }).click();
    if (sample) await says('status', /image is there/);
  }

  /** Clicks a part of the canvas, from the middle of one of its four tiles, in pixels. @returns the voxel that the page says was clicked */
  async function clickTile(column: 0 | 1, row: 0 | 1, dx = 0, dy = 0): Promise<number[]> {
    const { x, y, width, height } = (await page.locator('#canvas').boundingBox())!;
    const before = await page.locator('#point-list li').count();
    await page.mouse.click(x + width * (0.25 + column / 2) + dx, y + height * (0.25 + row / 2) + dy);
    await page.locator(`#point-list li:nth-child(${before + 1})`).waitFor();
    const place = await page.locator('#point-list li:last-child .look').innerText();
    return place.split(', ').map(Number);
  }

  async function downloadedMask(): Promise<Buffer> {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    expect(download.suggestedFilename()).toMatch(/\.nii\.gz$/);
    return readFileSync(await download.path());
  }

  test('extreme points: what is clicked is the voxel of the file, and the mask is the API’s', async () => {
    await openTry('annotation_spleen', 'ramp');
    const { data } = rampVolume(SHAPE);
    const points: number[][] = [];
    for (const [column, row, dx, dy] of [
      [0, 0, -30, 9],
      [0, 0, 32, -8],
      [1, 0, 12, 30],
      [1, 0, -14, -28],
      [0, 1, 7, -20],
      [0, 1, 5, 24],
    ] as const) {
      // prettier-ignore
      const [i, j, k] = await clickTile(column, row, dx, dy);
      points.push([i, j, k]);
      const value = data[i + SHAPE[0] * (j + SHAPE[1] * k)];
      expect(await page.locator('#look').innerText()).toBe(`voxel ${i}, ${j}, ${k}: ${value}`);
    }
    // They differ in each axis: none of the planes was clicked in vain.
    for (const axis of [0, 1, 2]) expect(new Set(points.map((point) => point[axis])).size).toBeGreaterThan(2);
    await page.click('#run');
    await says('status', /Done in/);
    const answer = await infer(gateway.url, 'annotation_spleen', ramp, { endpoint: 'dextr3d', params: { points } });
    const mask = voxelsOf(await downloadedMask());
    expect(mask.equals(voxelsOf(answer.image!))).toBe(true);
    const inside = mask.reduce((sum, value) => sum + value, 0);
    expect(inside).toBeGreaterThan(0);
    expect((await labelCells()).slice(0, 2)).toEqual(['spleen', String(inside)]);
    expect(await page.locator('#stages').innerText()).toMatch(/pre .*ms.*triton .*ms/s);
    expect(watched.complaints).toEqual([]);
  });

  test('clicks inside and outside run at once; the mask is the API’s', async () => {
    await openTry('deepgrow_2d', 'ramp');
    const inside = await clickTile(0, 1, 8, 6);
    await says('status', /Done in/);
    const first = voxelsOf(await downloadedMask());
    await page.check('input[value=background]');
    const outside = await clickTile(0, 1, 30, 18);
    await says('curl', new RegExp(`"background":\\[\\[${outside.join(',')}\\]\\]`));
    await says('status', /Done in/);
    await page.waitForFunction('document.getElementById("cancel").hidden');
    const sameSlice = outside[2] === inside[2];
    const params = { foreground: sameSlice ? [inside] : [], background: [outside], current_point: [outside] };
    const answer = await infer(gateway.url, 'deepgrow_2d', ramp, { endpoint: 'deepgrow', params });
    const second = voxelsOf(await downloadedMask());
    expect(second.equals(voxelsOf(answer.image!))).toBe(true);
    expect(second.equals(first)).toBe(false);
    expect(watched.complaints).toEqual([]);
  });

  test('without clicks, and the commands do the same', async () => {
    await openTry('spleen_ct', 'a ct');
    await page.click('#run');
    await says('status', /Done in/);
    const mask = voxelsOf(await downloadedMask());
    expect(mask.includes(1)).toBe(true);
    expect((await labelCells()).slice(0, 3)).toEqual([
      'spleen',
      expect.stringMatching(/^\d/),
      expect.stringContaining('ml'),
    ]);
    const run = async (command: string, ...args: string[]) => {
      const scratch = mkdtempSync(path.join(folder, 'command-'));
      await promisify(execFile)(command, args, { cwd: scratch });
      return voxelsOf(readFileSync(path.join(scratch, 'mask.nii.gz')));
    };
    expect((await run('bash', '-ec', await page.locator('#curl').innerText())).equals(mask)).toBe(true);
    const hasRequests = await promisify(execFile)('python3', ['-c', 'import requests']).catch(() => undefined);
    if (hasRequests)
      expect((await run('python3', '-c', await page.locator('#python').innerText())).equals(mask)).toBe(true);
    await page.locator('#labels button', { hasText: 'spleen' }).click();
    expect(await page.locator('#look').innerText()).toMatch(/, spleen$/);
    expect(await lookAtPage(watched, { name: 'try-segmentation', heavy: VIEWER })).toEqual([]);
  });

  test('a DICOM folder becomes one volume, with a command that works on it', async () => {
    const series = path.join(folder, 'series');
    mkdirSync(series);
    for (let k = 0; k < 5; k++)
      writeFileSync(
        path.join(series, `${k}.dcm`),
        makeDicom({ position: [0, 0, 2 * k], rows: 24, columns: 20, instance: k, pixels: (x, y) => 1000 + x * y + k }),
      );
    await openTry('spleen_ct');
    await page.setInputFiles('#folder', series);
    await says('status', /image is there/);
    expect(await page.locator('#image-name').innerText()).toBe('series, 20 × 24 × 5 voxels');
    await page.click('#run');
    await says('status', /Done in/);
    await promisify(execFile)('bash', ['-ec', await page.locator('#curl').innerText()], { cwd: folder });
    expect(voxelsOf(readFileSync(path.join(folder, 'mask.nii.gz'))).equals(voxelsOf(await downloadedMask()))).toBe(
      true,
    );
    expect(watched.complaints).toEqual([]);
  });

  test.each([
    ['it is cancelled', () => page.click('#cancel'), /^Cancelled\.$/],
    ['another image is chosen', () => page.locator('#samples button', { hasText: 'ramp' }).click(), /image is there/],
  ])('a run tells how far it is, and ends when %s', async (_, act, said) => {
    await openTry('slow', 'endless');
    const [request] = await Promise.all([page.waitForRequest(/\/v1\/segmentation/), page.click('#run')]);
    await says('status', /Computing: \d+ of 2500 windows/);
    await act();
    await says('status', said);
    const job = async () => (await get(`${gateway.url}/v1/jobs/${request.headers()['x-request-id']}`)).json;
    expect(await until(job, ({ state }) => state !== 'running')).toMatchObject({ state: 'cancelled', model: 'slow' });
    await page.waitForFunction('!document.getElementById("run").disabled');
    expect(await page.locator('#cancel').isHidden()).toBe(true);
  });

  test('a picture stands upright, and is clicked by row and column', async () => {
    const [rows, columns] = [20, 30];
    const pixels = Uint8Array.from({ length: rows * columns }, (_, at) => (at * 7) % 251);
    const picture = {
      data: pixels,
      shape: [rows, columns],
      strides: [columns, 1],
      axes: 'XY' as const,
      properties: {},
    };
    await openTry('deepgrow_2d');
    await page.uncheck('#at-once');
    await page.setInputFiles('#file', { name: 'a.png', mimeType: 'image/png', buffer: encodePng(picture) });
    await says('status', /image is there/);
    expect(await page.locator('#image-name').innerText()).toBe(`a.png, ${rows} × ${columns} × 1 voxels`);
    const { width, height } = (await page.locator('#canvas').boundingBox())!;
    const [row, column] = await clickTile(0, 0, width / 4 - 40, height / 4 - 80);
    expect(await page.locator('#look').innerText()).toBe(`voxel ${row}, ${column}, 0: ${(7 * (row * columns + column)) % 251}`); // prettier-ignore
    // Above and left of the middle of the canvas.
    expect([row < rows / 2, column < columns / 2]).toEqual([true, true]);
    expect(watched.complaints).toEqual([]);
  });

  test('a session’s image is NIfTI, whatever it was sent as', async () => {
    const image = async (body: Buffer, name: string) => {
      const form = new FormData();
      form.append('image', new Blob([body as Uint8Array<ArrayBuffer>]), name);
      const { session_id: id } = (await (await fetch(`${gateway.url}/session/`, { method: 'PUT', body: form })).json()) as { session_id: string }; // prettier-ignore
      return Buffer.from(await (await fetch(`${gateway.url}/session/${id}/image`)).arrayBuffer());
    };
    expect((await image(ramp, 'ramp.nii.gz')).equals(ramp)).toBe(true);
    const volume = rampVolume([5, 4, 3]);
    const nifti = await image(await encodeNrrd(volume, { dtype: 'float32' }), 'ramp.nrrd');
    expect(nifti.readInt16LE(42)).toBe(5);
    expect(new Float32Array(nifti.buffer.slice(HEADER_BYTES))).toEqual(volume.data);
    expect((await get(`${gateway.url}/session/none/image`)).status).toBe(440);
    expect((await get(`${gateway.url}/samples/..%2Fsession.json`)).json.error.code).toBe('SAMPLE_NOT_FOUND');
  });

  test('what is no image is said in a sentence', async () => {
    await openTry('spleen_ct');
    await page.setInputFiles('#file', { name: 'report.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 no image') }); // prettier-ignore
    await says('status', /report\.pdf.*no image this server knows/);
    expect(await page.locator('#run').isDisabled()).toBe(true);
  });

  test('a model is dropped, tried, edited, rolled back and deleted', async () => {
    await watched.open('/models/');
    await page.locator('td', { hasText: 'annotation_spleen' }).waitFor();
    await drop({ 'config_aiaa.json': Buffer.from(JSON.stringify(sampleConfig())), 'model.onnx': sampleModel() });
    await page.fill('#upload-name', 'dropped');
    await page.click('#upload-send');
    await says('upload-outcome', /dropped is there.*Version 1 serves.*trial run on zeros: INPUT FP32/s);
    await page.locator('button.name', { hasText: 'dropped' }).click();
    await page.waitForFunction('document.getElementById("config").value.length > 0');
    const config = await page.inputValue('#config');
    expect(JSON.parse(config)).toEqual(sampleConfig());

    await page.fill('#config', config.replace('"a_min": -160', '"a_min": "low"').replace('ArgmaxA', 'ArgmxA'));
    await says('config-check', /2 problems.*pre_transforms\[3\]\.args\.a_min.*did you mean "ArgmaxAcrossChannels"/s);
    expect(await page.locator('#config-save').isDisabled()).toBe(true);
    await page.fill('#config', config.replace('"3",', '"3"'));
    await says('config-check', /not JSON at line 3, column 3/);
    expect(await lookAtPage(watched, { name: 'models' })).toEqual([]);
    await page.fill('#config', config.replace('"spleen"', '"milt"'));
    await says('config-check', /config is good/);
    expect((await get(`${gateway.url}/v1/models?model=dropped`)).json.labels[0]).toBe('spleen');
    await page.click('#config-save');
    await says('config-check', /Version 2 serves/);
    expect((await get(`${gateway.url}/v1/models?model=dropped`)).json.labels[0]).toBe('milt');

    const [, check] = /```\n(curl -X PATCH .*)\n```/.exec(readFileSync(GUIDE, 'utf8'))!;
    writeFileSync(path.join(folder, 'config_aiaa.json'), JSON.stringify({ ...sampleConfig(), type: 'none' }));
    const here = check.replace('http://127.0.0.1:5000', gateway.url).replace('curl', 'curl -s');
    const { stdout } = await promisify(execFile)('bash', ['-ec', here], { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({ success: false, errors: [{ path: 'type' }] });

    await page.locator('#versions button', { hasText: 'Go back to version 1' }).click();
    await says('act-outcome', /Version 1 serves/);
    await says('versions', /Go back to version 2/);
    expect((await get(`${gateway.url}/v1/models?model=dropped`)).json.labels[0]).toBe('spleen');

    await page.click('#delete-model');
    expect(await page.locator('#delete').innerText()).toMatch(/Delete dropped\?.*its 2 versions \(1, 2\)/s);
    await page.keyboard.press('Escape');
    expect(await page.locator('button.name', { hasText: 'dropped' }).count()).toBe(1);
    await page.click('#delete-model');
    await page.click('#delete-really');
    await page.locator('button.name', { hasText: 'dropped' }).waitFor({ state: 'detached' });
    expect((await get(`${gateway.url}/v1/models?model=dropped`)).status).toBe(404);
    expect(watched.complaints).toEqual([]);
  });

  test('of a results folder of nnU-Net: configuration, folds, precision and mirroring are chosen', async () => {
    await watched.open('/models/');
    await drop({ 'trained.zip': resultsFolder() });
    await page.locator('#upload-nnunet summary').click();
    await page.fill('#upload-configuration', '2d');
    await page.fill('#upload-folds', '1');
    await page.selectOption('#upload-precision', 'fp16');
    await page.selectOption('#upload-mirroring', 'off');
    await page.click('#upload-send');
    await says('upload-outcome', /trained is there.*half precision \(precision=fp16\)/s);
    await page.locator('button.name', { hasText: 'trained' }).click();
    await page.waitForFunction('document.getElementById("config").value.length > 0');
    const { nnunet } = JSON.parse(await page.inputValue('#config'));
    expect(nnunet).toMatchObject({ configuration: '2d', folds: 1, precision: 'fp16', mirrored: [] });
    expect(watched.complaints).toEqual([]);
  });

  test('the filter takes words of names, types and states', async () => {
    await watched.open('/models/');
    const names = page.locator('#list button.name');
    await names.nth(3).waitFor();
    const all = await names.count();
    await page.keyboard.press('/');
    await page.keyboard.type('SPLEEN ready');
    await says('found', new RegExp(`^2 of ${all}$`));
    expect((await names.allInnerTexts()).sort()).toEqual(['annotation_spleen', 'spleen_ct']);
    await page.keyboard.type(' failed');
    await says('list', /No model passes the filter/);
    await page.keyboard.press('Escape');
    await names.nth(all - 1).waitFor();
    expect(await page.locator('#found').innerText()).toBe('');
    expect(watched.complaints).toEqual([]);
  });

  test('a model is fetched by its name at NGC', async () => {
    await watched.open('/models/');
    await page.locator('#ngc-part summary').click();
    await page.fill('#ngc-path', 'nvidia/med/bright');
    await page.fill('#ngc-version', '1');
    expect(await page.inputValue('#ngc-name')).toBe('bright');
    await page.click('#ngc-send');
    await says('ngc-outcome', /Version 1 serves/);
    await page.locator('button.name', { hasText: 'bright' }).waitFor();
    await page.fill('#ngc-path', 'nvidia/med/other');
    await page.click('#ngc-send');
    await says('ngc-outcome', /could not be fetched from .*404/);
  });

  test('a bad upload says all that is wrong, and leaves nothing', async () => {
    await watched.open('/models/');
    await page.locator('td', { hasText: 'annotation_spleen' }).waitFor();
    await drop({ 'model.onnx': sampleModel() });
    await says('upload-outcome', /drop its config_aiaa.json together with it/);
    const config = sampleConfig();
    config.type = 'segmentatoin';
    config.post_transforms[0].name = 'Argmax';
    await drop({ 'config_aiaa.json': Buffer.from(JSON.stringify(config)), 'bad one.onnx': sampleModel() });
    expect(await page.inputValue('#upload-name')).toBe('bad_one');
    await page.click('#upload-send');
    await says('upload-outcome', /type is "segmentatoin".*post_transforms\[0\]/s);
    expect((await get(`${gateway.url}/v1/models?model=bad_one`)).status).toBe(404);
  });

  /** Drops files on the page, as a file manager does. */
  async function drop(files: Record<string, Buffer>): Promise<void> {
    const sent = Object.entries(files).map(([name, data]) => ({ name, base64: data.toString('base64') }));
    await page.evaluate(`(() => {
      const transfer = new DataTransfer();
      for (const { name, base64 } of ${JSON.stringify(sent)})
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      for (const kind of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
    })()`);
  }
});

describeInChromium('the models page of a guarded server in Chromium', () => {
  test.each([
    [{ admin_hosts: '10.0.0.7' }, undefined, /127\.0\.0\.1 may not use \/admin/],
    [
      { admin_user: 'ann', admin_password: 'x', container: 'true' },
      { username: 'ann', password: 'y' },
      /asks for the user and the password/,
    ],
    [{}, undefined, /There is no model yet/],
  ])('who may use it does, who may not reads why (%j, %j)', async (flags, httpCredentials, text) => {
    const [browser, server] = await Promise.all([startBrowser(), serveApp(appParts(flags))]);
    try {
      const page = await browser.newPage({ httpCredentials });
      await page.goto(`${server.url}/models/`);
      await page.locator('#list', { hasText: text }).waitFor();
    } finally {
      await browser.close();
      await server.stop();
    }
  });
});
