import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { encodeDataSet, type DataSet } from '../../gateway/imaging/formats/dicom/write-dicom';
import { plainSegment, written } from '../imaging/formats/dicom/segmentation/golden-cases';
import { temporaryFolder } from '../imaging/formats/temporary-file';
import { orthancBinary, startOrthanc, type Orthanc } from '../system/orthanc';
import { describeInChromium, SOFTWARE_GL, startBrowser } from './chromium';
import { hasOhif, ohifFolder, serveOhif } from './ohif';
import { keepPicture } from './watched-page';
import { describeThatNeeds } from '../needs';

const CT = '1.2.840.10008.5.1.4.1.1.2';
const ROOT = '1.2.826.0.1.3680043.10.999.16';
const [ROWS, COLUMNS, SLICES] = [61, 75, 6];
const RED = [255, 0, 0] as const;
const NAMES = new Map([[1, 'Läsion – groß'], [5, '脾臓']]); // prettier-ignore

/** A slice of grey; red shines through nothing else then. */
function slice(place: number): Buffer {
  const file: DataSet = [
    [0x00020001, 'OB', Buffer.of(0, 1)],
    [0x00020002, 'UI', CT],
    [0x00020003, 'UI', `${ROOT}.3.${place}`],
    [0x00020010, 'UI', '1.2.840.10008.1.2.1'],
    [0x00020012, 'UI', '2.25.1'],
  ];
  const image: DataSet = [
    [0x00080008, 'CS', 'ORIGINAL', 'PRIMARY', 'AXIAL'], [0x00080016, 'UI', CT], [0x00080018, 'UI', `${ROOT}.3.${place}`],
    [0x00080020, 'DA', '20260101'], [0x00080030, 'TM', '101010'], [0x00080060, 'CS', 'CT'], [0x0008103e, 'LO', 'phantom'],
    [0x00100010, 'PN', 'Phantom'], [0x00100020, 'LO', 'P1'], [0x00180050, 'DS', '5'],
    [0x0020000d, 'UI', `${ROOT}.1`], [0x0020000e, 'UI', `${ROOT}.2`], [0x00200011, 'IS', 1], [0x00200013, 'IS', place + 1],
    [0x00200032, 'DS', '-37', '-30', String(5 * place)], [0x00200037, 'DS', '1', '0', '0', '0', '1', '0'], [0x00200052, 'UI', `${ROOT}.4`],
    [0x00280002, 'US', 1], [0x00280004, 'CS', 'MONOCHROME2'], [0x00280010, 'US', ROWS], [0x00280011, 'US', COLUMNS], [0x00280030, 'DS', '1', '1'],
    [0x00280100, 'US', 16], [0x00280101, 'US', 16], [0x00280102, 'US', 15], [0x00280103, 'US', 1],
    [0x00281050, 'DS', '0'], [0x00281051, 'DS', '400'], [0x00281052, 'DS', '0'], [0x00281053, 'DS', '1'],
    [0x7fe00010, 'OW', Buffer.alloc(2 * ROWS * COLUMNS)],
  ]; // prettier-ignore
  const meta = encodeDataSet(file);
  const length = encodeDataSet([[0x00020000, 'UL', meta.length]]);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, encodeDataSet(image)]);
}

/** Two boxes, each in all slices: label 1 to the left of the picture, label 5 to its right. */
function mask() {
  const data = new Uint8Array(ROWS * COLUMNS * SLICES).map((_, i) => {
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS) % ROWS];
    if (row < 20 || row >= 40) return 0;
    return column >= 10 && column < 30 ? 1 : column >= 50 && column < 60 ? 5 : 0;
  });
  const affine = [-1, 0, 0, 37, 0, -1, 0, 30, 0, 0, 5, 0, 0, 0, 0, 1];
  return { data, shape: [COLUMNS, ROWS, SLICES], strides: [1, COLUMNS, COLUMNS * ROWS], axes: 'XYZ' as const, affine, properties: {} }; // prettier-ignore
}

/** Width of what is red in the left and in the right half of the picture, on its middle line, in columns of the image. */
const redColumns = `(() => {
  const canvas = document.querySelector('.cornerstone-canvas');
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, canvas.height >> 1, canvas.width, 1);
  const found = [0, 0];
  for (let x = 0; x < canvas.width; x++) found[x < canvas.width / 2 ? 0 : 1] += data[4 * x] > data[4 * x + 1] + 40;
  return found.map((count) => count / Math.min(canvas.height / ${ROWS}, canvas.width / ${COLUMNS}));
})()`;

const missing = [hasOhif ? '' : `@ohif/app in ${ohifFolder}`, orthancBinary() ? '' : 'orthanc'].filter(Boolean);
const describeViewer = missing.length === 0 ? describeInChromium : describeThatNeeds(missing.join(' and '), false);

describeViewer('OHIF in Chromium', () => {
  let orthanc: Orthanc;
  let browser: Browser;
  let segmentation: string;

  beforeAll(async () => {
    const series = temporaryFolder();
    const slices = Array.from({ length: SLICES }, (_, place) => slice(place));
    slices.forEach((file, place) => writeFileSync(path.join(series, `${place}.dcm`), file));
    const segmentOf = (value: number) => ({ ...plainSegment(value), name: NAMES.get(value)!, colour: RED });
    segmentation = await written({ series, volume: mask() }, 'binary', { segmentOf });
    [orthanc, browser] = await Promise.all([startOrthanc(), startBrowser(SOFTWARE_GL)]);
    await orthanc.upload([...slices, readFileSync(segmentation)]);
  });
  afterAll(async () => {
    await browser?.close();
    await orthanc?.stop();
  });

  test('lists the segments by their names and draws them where the mask is', async () => {
    const server = await serveOhif(orthanc.url, segmentation);
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`${server.url}/viewer?StudyInstanceUIDs=${ROOT}.1`);
    const thumbnail = page.locator('[data-cy="study-browser-thumbnail-no-image"]');
    await thumbnail.waitFor();
    await page.locator('.cornerstone-canvas').first().waitFor();
    await thumbnail.dispatchEvent('dblclick');

    const listed = `window.services.segmentationService.getSegmentations().flatMap(({ segments }) => Object.values(segments).filter(Boolean).map(({ label }) => label))`; // prettier-ignore
    await page.waitForFunction(`${listed}.length > 0`);
    expect(await page.evaluate(listed)).toEqual([...NAMES.values()]);

    await page.waitForFunction(`${redColumns}.every((width) => width > 0)`);
    await page.evaluate(`document.querySelectorAll('[class^=shepherd]').forEach((tour) => tour.remove())`);
    await keepPicture(page, 'ohif-segmentation');
    const [left, right] = await page.evaluate<number[]>(redColumns);
    expect(Math.abs(left - 20)).toBeLessThan(1);
    expect(Math.abs(right - 10)).toBeLessThan(1);
    await page.close();
    server.stop();
  });
});
