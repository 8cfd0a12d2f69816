import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { closeToOthers } from '../../gateway/workspace/modes';

let workspace: string;
beforeEach(() => void (workspace = mkdtempSync(join(tmpdir(), 'modes-'))));
afterEach(() => rmSync(workspace, { recursive: true }));

function file(path: string, mode = 0o644): string {
  const place = join(workspace, path);
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, 'x');
  chmodSync(place, mode);
  return place;
}

const modesOf = (paths: string[]) =>
  Object.fromEntries(paths.map((path) => [path, (statSync(join(workspace, path)).mode & 0o7777).toString(8)]));

/** Folders as an older version made them. */
function open(...paths: string[]): void {
  for (const path of paths) chmodSync(join(workspace, path), 0o755);
}

test('files and folders of an older version are closed, whatever they are called', async () => {
  file('sessions/id/image.nii');
  file('sessions/id/originals/0.dcm', 0o664);
  file('telemetry.db', 0o666);
  file('notes.txt');
  open('', 'sessions', 'sessions/id', 'sessions/id/originals');
  expect(await closeToOthers(workspace, { repositories: ['/elsewhere'] })).toEqual([]);
  expect(modesOf(['', 'sessions', 'sessions/id', 'sessions/id/originals', 'sessions/id/image.nii'])).toEqual(
    { '': '700', sessions: '700', 'sessions/id': '700', 'sessions/id/originals': '700', 'sessions/id/image.nii': '600' }, // prettier-ignore
  );
  expect(modesOf(['sessions/id/originals/0.dcm', 'telemetry.db', 'notes.txt'])).toEqual(
    { 'sessions/id/originals/0.dcm': '600', 'telemetry.db': '600', 'notes.txt': '600' }, // prettier-ignore
  );
});

test('a Triton of another user passes through to its folder, and reads what lies there', async () => {
  const model = file('models/m/1/model.onnx', 0o640);
  file('models/m/1/config.json');
  file('triton/repo/m/config.pbtxt', 0o640);
  linkSync(model, join(workspace, 'triton/repo/m/model.onnx'));
  open('', 'models', 'triton', 'triton/repo');
  const repositories = [join(workspace, 'triton/repo')];
  await closeToOthers(workspace, { repositories, group: 1 });
  const places = ['', 'triton', 'triton/repo', 'triton/repo/m/config.pbtxt', 'models', 'models/m/1/model.onnx'];
  expect(Object.values(modesOf([...places, 'models/m/1/config.json']))).toEqual(['710', '710', '755', '640', '700', '640', '600']); // prettier-ignore
  await closeToOthers(workspace, { repositories });
  expect(Object.values(modesOf(places))).toEqual(['700', '700', '755', '640', '700', '640']);
});

test('links lead nowhere, and rights of its user stay', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'outside-'));
  try {
    chmodSync(outside, 0o755);
    symlinkSync(outside, join(workspace, 'link'));
    file('lib/run.sh', 0o755);
    open('lib');
    await closeToOthers(workspace, { repositories: ['/elsewhere'] });
    expect([statSync(outside).mode & 0o777, modesOf(['lib/run.sh'])['lib/run.sh']]).toEqual([0o755, '700']);
  } finally {
    rmSync(outside, { recursive: true });
  }
});
