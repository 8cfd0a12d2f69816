import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { closestCanonical, sameAffine } from '../../gateway/imaging/geometry';
import { decodeImage } from '../../gateway/imaging/formats/decode';
import { sharedData } from '../shared-data';
import { identifiedSeries, identity } from './identified-dicom';
import { describeWithOrthanc, freePort, startOrthanc, type Orthanc } from './orthanc';
import { startGateway, type RunningGateway } from './running-gateway';
import { putJson } from './session-client';

const series = sharedData('data/ct/ct_abdomen_dicom');
const twin = sharedData('data/ct/ct_abdomen_512x512x20.nii.gz');

let gateway: RunningGateway;
let repository: string;
let movePort: number;

beforeAll(async () => {
  repository = mkdtempSync(path.join(tmpdir(), 'repository-'));
  movePort = await freePort();
  // No Triton: sessions do not need one.
  gateway = await startGateway({
    tritonUrl: `grpc://127.0.0.1:${await freePort()}`,
    repository,
    flags: { dicom_move_port: movePort, dicom_ae_title: 'GATEWAY', pacs_hosts: '127.0.0.1' },
  });
});

afterAll(async () => {
  await gateway?.stop();
  rmSync(repository, { recursive: true, force: true });
});

const ask = (more: object) => ({
  dicom: {
    server_address: '127.0.0.1',
    ae_title: 'ORTHANC',
    query_level: 'SERIES',
    patient_id: identity.patient,
    study_uid: identity.study,
    series_uid: identity.series,
    ...more,
  },
});
const refusal = ({ status, json }: { status: number; json: { error: { code: string; message: string[] } } }) =>
  `${status} ${json.error.code} ${json.error.message[0]}`;

/** The session's image has the voxels and the place of the series' NIfTI twin. */
async function expectTwin(id: string): Promise<void> {
  const stored = await decodeImage(path.join(gateway.workspace, 'sessions', id, 'image.nii'), 'image.nii');
  const expected = await decodeImage(twin!, twin!);
  const [a, b] = [stored, expected].map(({ volume, slope, intercept }) => ({
    ...closestCanonical(volume),
    slope,
    intercept,
  }));
  const values = ({ data, slope, intercept }: typeof a) => Float32Array.from(data, (v) => v * slope + intercept);
  expect(a.shape).toEqual(b.shape);
  expect(sameAffine(a.affine!, b.affine!)).toBe(true);
  expect(Buffer.compare(Buffer.from(values(a).buffer), Buffer.from(values(b).buffer))).toBe(0);
}

/** A gateway with room for a tenth of the series refuses it with the number, by each of these ways, and keeps nothing. */
async function expectNoRoom(ways: readonly object[]): Promise<void> {
  const flags = { dicom_move_port: movePort, dicom_ae_title: 'GATEWAY', pacs_hosts: '127.0.0.1', session_quota_mb: 1 };
  const small = await startGateway({ tritonUrl: 'grpc://127.0.0.1:1', repository, flags });
  try {
    for (const way of ways) {
      const refused = refusal(await putJson(small.url, ask(way)));
      expect(refused).toMatch(/^413 SESSION_TOO_LARGE A session of "the series" would take more than 1 MB/);
      expect(readdirSync(path.join(small.workspace, 'sessions'))).toEqual([]);
    }
  } finally {
    await small.stop();
  }
}

describeWithOrthanc('a series that a real Orthanc has', () => {
  let orthanc: Orthanc;
  if (!series || !twin) {
    test.skip('needs ../shared/data/ct/ct_abdomen_dicom and its NIfTI twin', () => undefined);
    return;
  }

  beforeAll(async () => {
    orthanc = await startOrthanc({ modality: { title: 'GATEWAY', port: movePort } });
    await orthanc.upload(identifiedSeries(series));
  });
  afterAll(() => orthanc?.stop());

  test('comes by C-FIND and C-GET', async () => {
    const { status, json } = await putJson(gateway.url, ask({ server_port: orthanc.dicomPort }));
    expect({ status, meta: json.session_info?.meta, error: json.error?.message }).toEqual({
      status: 200,
      meta: { format: 'dicom', shape: [512, 512, 20], files: 20 },
      error: undefined,
    });
    await expectTwin(json.session_id);
  });

  test('comes when only the series is named', async () => {
    const { status } = await putJson(
      gateway.url,
      ask({ server_port: String(orthanc.dicomPort), patient_id: undefined, study_uid: '' }),
    );
    expect(status).toBe(200);
  });

  test('comes by DICOMweb, with both UIDs and with one', async () => {
    for (const study_uid of [identity.study, undefined]) {
      const { status, json } = await putJson(
        gateway.url,
        ask({ server_address: `${orthanc.url}/dicom-web/`, study_uid }),
      );
      expect({ status, error: json.error?.message }).toEqual({ status: 200, error: undefined });
      await expectTwin(json.session_id);
    }
  });

  test('of another patient is not given, however the server compares', async () => {
    const ways = [{ server_port: orthanc.dicomPort }, { server_address: `${orthanc.url}/dicom-web` }];
    for (const way of ways)
      for (const patient_id of [identity.patient.toLowerCase(), `${identity.patient},X`, 'A^B', 'A%5EB'])
        for (const series_uid of [identity.series, undefined])
          expect(refusal(await putJson(gateway.url, ask({ ...way, patient_id, series_uid })))).toMatch(
            /^404 PACS_NO_IMAGES /,
          );
  });

  test('that it does not have is answered with 404 and the UID', async () => {
    const by = [{ server_port: orthanc.dicomPort }, { server_address: `${orthanc.url}/dicom-web` }];
    for (const way of by) {
      const answer = await putJson(gateway.url, ask({ ...way, series_uid: '1.2.3.999' }));
      expect(refusal(answer)).toMatch(/^404 PACS_NO_IMAGES .*series 1\.2\.3\.999/);
    }
  });

  test('comes by C-MOVE from one that does not allow C-GET', async () => {
    const strict = await startOrthanc({ modality: { title: 'GATEWAY', port: movePort }, allowGet: false });
    try {
      await strict.upload(identifiedSeries(series));
      const { status, json } = await putJson(gateway.url, ask({ server_port: strict.dicomPort }));
      expect({ status, error: json.error?.message }).toEqual({ status: 200, error: undefined });
      await expectTwin(json.session_id);
      // It is remembered: no C-GET is tried again, whose silence takes long.
      expect((await putJson(gateway.url, ask({ server_port: strict.dicomPort }))).status).toBe(200);
      const commands = [...strict.log().matchAll(/Incoming (Get|Move) request/g)].map(([, command]) => command);
      expect(commands).toEqual(['Get', 'Move', 'Move']);
      // It was C-MOVE: a gateway that cannot take images sent to it gets none.
      const noMove = await startGateway({
        tritonUrl: 'grpc://127.0.0.1:1',
        repository,
        flags: { dicom_ae_title: 'GATEWAY', pacs_timeout: 4, pacs_hosts: '127.0.0.1' },
      });
      const refused = await putJson(noMove.url, ask({ server_port: strict.dicomPort }));
      await noMove.stop();
      expect(refusal(refused)).toMatch(/^504 PACS_TIMEOUT/);
      await expectNoRoom([
        { server_port: orthanc.dicomPort },
        { server_port: strict.dicomPort },
        { server_address: `${orthanc.url}/dicom-web` },
      ]);
    } finally {
      await strict.stop();
    }
  });
});

test('nobody listens there: 502 with the address, the reason in the log alone', async () => {
  const port = await freePort();
  expect(refusal(await putJson(gateway.url, ask({ server_port: port })))).toMatch(
    new RegExp(`^502 PACS_FAILED .*127\\.0\\.0\\.1:${port} \\(ORTHANC\\) did not deliver`),
  );
  expect(refusal(await putJson(gateway.url, ask({ server_address: `http://127.0.0.1:${port}/dicom-web` })))).toMatch(
    /^502 PACS_FAILED (?!.*ECONNREFUSED)/,
  );
  const { what } = gateway.log().find(({ message, server }) => /did not deliver/.test(String(message)) && String(server).startsWith('http'))!; // prettier-ignore
  expect(what).toContain('ECONNREFUSED');
});

test('a server that accepts and says nothing costs the deadline', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as { port: number };
  const hasty = await startGateway({
    tritonUrl: 'grpc://127.0.0.1:1',
    repository,
    flags: { pacs_timeout: 2, pacs_hosts: '127.0.0.1' },
  });
  try {
    for (const way of [{ server_port: port }, { server_address: `http://127.0.0.1:${port}` }]) {
      expect(refusal(await putJson(hasty.url, ask(way)))).toMatch(/^504 PACS_TIMEOUT .*within 2 s.*--pacs_timeout/);
    }
  } finally {
    await hasty.stop();
    silent.close();
  }
});

test('a host that the operator did not allow is not asked', async () => {
  const careful = await startGateway({
    tritonUrl: 'grpc://127.0.0.1:1',
    repository,
    flags: { pacs_hosts: 'pacs.example' },
  });
  try {
    expect(refusal(await putJson(careful.url, ask({})))).toMatch(/^403 PACS_FORBIDDEN .*127\.0\.0\.1.*--pacs_hosts/);
  } finally {
    await careful.stop();
  }
});

test.each([
  ['no address', { server_address: undefined }, /dicom\.server_address/],
  ['no UID', { study_uid: null, series_uid: null }, /dicom\.series_uid is missing/],
  ['a UID that is none', { series_uid: '../../etc' }, /dicom\.series_uid: expected a UID/],
  ['a wildcard', { patient_id: '*' }, /dicom\.patient_id/],
  ['an address that is none', { server_address: 'a b' }, /dicom\.server_address/],
  ['a port that is none', { server_port: 'x' }, /dicom\.server_port/],
])('%s is 400 with the key', async (_, change, sentence) => {
  const answer = await putJson(gateway.url, ask({ server_port: 1, ...change }));
  expect(answer.status).toBe(400);
  expect(answer.json.error.message[0]).toMatch(sentence);
});

test('nothing half is left of what failed', () => {
  const folder = path.join(gateway.workspace, 'sessions');
  expect(readdirSync(folder).filter((name) => !existsSync(path.join(folder, name, 'session.json')))).toEqual([]);
});
