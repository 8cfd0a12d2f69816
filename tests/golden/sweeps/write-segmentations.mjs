// Writes DICOM Segmentations of all sizes from 1 x 1 to 40 x 40 and some with up to 300 segments, each beside its series and its mask, for
// read-segmentations.py: node tests/golden/sweeps/write-segmentations.mjs FOLDER [LARGEST], after npm run build.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const load = (path) => createRequire(import.meta.url)(`../../../dist/imaging/formats/dicom/${path}`);
const { encodeDataSet } = load('data-set.js');
const { writeSegmentation } = load('segmentation/write-segmentation.js');

const CT = '1.2.840.10008.5.1.4.1.1.2';
const [folder, largest = '40'] = process.argv.slice(2);

/** A CT slice of zeros. */
function slice({ rows, columns, place, root }) {
  const instance = `${root}.3.${place}`;
  const meta = encodeDataSet([
    [0x00020001, 'OB', Buffer.of(0, 1)],
    [0x00020002, 'UI', CT],
    [0x00020003, 'UI', instance],
    [0x00020010, 'UI', '1.2.840.10008.1.2.1'],
    [0x00020012, 'UI', '2.25.1'],
  ]);
  const body = encodeDataSet([
    [0x00080016, 'UI', CT],
    [0x00080018, 'UI', instance],
    [0x00080020, 'DA', '20260101'],
    [0x00080030, 'TM', '101010'],
    [0x00080050, 'SH'],
    [0x00080060, 'CS', 'CT'],
    [0x00080090, 'PN'],
    [0x00100010, 'PN', 'Sweep'],
    [0x00100020, 'LO', 'S1'],
    [0x00100030, 'DA'],
    [0x00100040, 'CS', 'O'],
    [0x00180050, 'DS', '2.5'],
    [0x0020000d, 'UI', `${root}.1`],
    [0x0020000e, 'UI', `${root}.2`],
    [0x00200010, 'SH', '1'],
    [0x00200011, 'IS', '1'],
    [0x00200013, 'IS', place + 1],
    [0x00200032, 'DS', '-10', '-20', String(30 + 2.5 * place)],
    [0x00200037, 'DS', '1', '0', '0', '0', '1', '0'],
    [0x00200052, 'UI', `${root}.4`],
    [0x00280002, 'US', 1],
    [0x00280004, 'CS', 'MONOCHROME2'],
    [0x00280010, 'US', rows],
    [0x00280011, 'US', columns],
    [0x00280030, 'DS', '0.7', '0.5'],
    [0x00280100, 'US', 16],
    [0x00280101, 'US', 16],
    [0x00280102, 'US', 15],
    [0x00280103, 'US', 0],
    [0x7fe00010, 'OW', Buffer.alloc(2 * rows * columns)],
  ]);
  const length = encodeDataSet([[0x00020000, 'UL', meta.length]]);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), length, meta, body]);
}

/** A series, a mask of random labels with a fraction `zeros` of background, and the objects of both kinds. */
async function write(name, { rows, columns, slices, labels, zeros = 0.4, seed }) {
  const home = join(folder, name);
  const series = join(home, 'series');
  mkdirSync(series, { recursive: true });
  const root = `1.2.826.0.1.3680043.10.999.15.${seed}`;
  for (let place = 0; place < slices; place++)
    writeFileSync(join(series, `${place}.dcm`), slice({ rows, columns, place, root }));
  let state = seed;
  const random = () => ((state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >>> 8) / 0x800000;
  const data = Uint16Array.from({ length: rows * columns * slices }, () =>
    random() < zeros ? 0 : labels[Math.floor(random() * labels.length)],
  );
  if (data.every((value) => value === 0)) data[0] = labels[0];
  const volume = {
    data,
    shape: [columns, rows, slices],
    strides: [1, columns, columns * rows],
    axes: 'XYZ',
    affine: [-0.5, 0, 0, 10, 0, -0.7, 0, 20, 0, 0, 2.5, 30, 0, 0, 0, 1],
    properties: {},
  };
  writeFileSync(join(home, 'mask.json'), JSON.stringify({ rows, columns, slices }));
  writeFileSync(join(home, 'mask.raw'), Buffer.from(data.buffer));
  const tissue = { value: '85756007', scheme: 'SCT', meaning: 'Tissue' };
  const segmentOf = (value) => ({
    value,
    name: `label ${value}`,
    category: tissue,
    type: tissue,
    colour: [200, 50, 50],
  });
  for (const kind of ['binary', 'labelmap'])
    await writeSegmentation(volume, {
      series,
      kind,
      segmentOf,
      algorithm: { name: 'sweep', version: '1', kind: 'AUTOMATIC' },
      software: { manufacturer: 'sweep', name: 'sweep', version: '1' },
      path: join(home, `${kind}.dcm`),
    });
}

let seed = 1;
for (let rows = 1; rows <= Number(largest); rows++)
  for (let columns = 1; columns <= Number(largest); columns++)
    await write(`${rows}x${columns}`, { rows, columns, slices: 3, labels: [1, 5, 117], seed: seed++ });
const upTo = (count) => Array.from({ length: count }, (_, at) => at + 1);
await write('300-segments', { rows: 61, columns: 43, slices: 30, labels: upTo(300), seed: seed++ });
await write('300-segments-far', {
  rows: 37,
  columns: 53,
  slices: 20,
  labels: upTo(300).map((label) => label * 200),
  seed: seed++,
});
await write('181x217', { rows: 217, columns: 181, slices: 8, labels: upTo(25), seed });
