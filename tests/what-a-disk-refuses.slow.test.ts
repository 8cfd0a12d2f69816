import nodeFs, { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { constants, tmpdir } from 'node:os';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import request from 'supertest';
import { makeFirstUser, setPassword, Users } from '../gateway/access/users';
import { createApp } from '../gateway/app';
import { Ngc } from '../gateway/deployment/ngc/ngc';
import { Repository } from '../gateway/deployment/repository';
import { Store, type StoredVersion } from '../gateway/deployment/store';
import { nameFolders } from '../gateway/disk-errors';
import { asGatewayError } from '../gateway/errors';
import { SessionStore } from '../gateway/sessions/store';
import { HistoryFile } from '../gateway/telemetry/history/history-file';
import { closeLogger, createLogger } from '../gateway/telemetry/logger';
import { FileLock } from '../gateway/workspace/file-lock';
import { nameWorkspace } from '../gateway/workspace/folders';
import { Gateways } from '../gateway/workspace/gateways';
import { SharedLocks } from '../gateway/workspace/locks';
import { appParts } from './http/app-parts';
import { noConversion } from './sessions/no-conversion';
import { makeNifti } from './sessions/small-nifti';
import { until } from './until';

const refusals = ['EBUSY', 'EPERM', 'ENOTEMPTY', 'EXDEV', 'EROFS', 'EACCES', 'EMFILE', 'ENOSPC', 'EIO'] as const;
type Refusal = (typeof refusals)[number];

/** An error as Node makes it of a refused call. */
function refusal(code: Refusal, syscall: string, path: string): NodeJS.ErrnoException {
  const errno = -constants.errno[code];
  const [, meaning] = getSystemErrorMap().get(errno)!;
  return Object.assign(new Error(`${code}: ${meaning}, ${syscall} '${path}'`), { errno, code, syscall, path });
}

/** Calls on the folder of a place; one of them is refused. */
const disk = { folder: '/nowhere', code: undefined as Refusal | undefined, refusedCall: 0, calls: 0 };

/** Counts a call. @returns the error that it fails with */
function ask(syscall: string, path: unknown): Error | undefined {
  if (typeof path !== 'string' || !path.startsWith(disk.folder)) return undefined;
  return disk.calls++ === disk.refusedCall && disk.code ? refusal(disk.code, syscall, path) : undefined;
}

const calls = ['writeFile', 'rename', 'rm', 'rmdir', 'mkdir', 'link', 'copyFile', 'open', 'readdir', 'readFile', 'stat', 'utimes', 'chmod', 'statfs'] as const; // prettier-ignore
beforeAll(() => {
  for (const name of calls) {
    const actual = fsPromises[name] as (...given: unknown[]) => Promise<unknown>;
    jest.spyOn(fsPromises, name).mockImplementation((async (...given: unknown[]) => {
      const error = ask(name, given[0]);
      if (error) throw error;
      return actual(...given);
    }) as never);
  }
  const { createWriteStream, renameSync } = nodeFs;
  jest.spyOn(nodeFs, 'renameSync').mockImplementation((from, to) => {
    const error = ask('rename', from);
    if (error) throw Object.assign(error, { dest: to });
    renameSync(from, to);
  });
  jest.spyOn(nodeFs, 'createWriteStream').mockImplementation((path, options) => {
    const stream = createWriteStream(path, options);
    const error = ask('open', path);
    if (error) process.nextTick(() => stream.destroy(error));
    return stream;
  });
});
afterAll(() => jest.restoreAllMocks());

/** Answers every request as NGC does one for an archive. */
const ngc = createServer((_request, response) => response.end('an archive'));
beforeAll((done) => void ngc.listen(0, '127.0.0.1', done));
afterAll(() => ngc.close().closeAllConnections());

const unhandled: unknown[] = [];
const note = (error: unknown) => unhandled.push(error);
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'refused-'));
  nameWorkspace(root);
  process.on('unhandledRejection', note);
});
afterEach(() => {
  disk.code = undefined;
  process.off('unhandledRejection', note);
  rmSync(root, { recursive: true, force: true });
});

interface Place {
  folder: string;
  role: RegExp;
  /** Work there, from its beginning; each time the same. */
  work(): Promise<unknown>;
}

const at = (...names: string[]) => join(root, ...names);
const record = { platform: 'onnxruntime_onnx', file: 'model.onnx', uploaded: '2026-01-01T00:00:00Z' };
const { signal } = new AbortController();

function makeModel(): StoredVersion {
  mkdirSync(at('kept'), { recursive: true });
  writeFileSync(at('kept', record.file), 'weights');
  return { ...record, name: 'm', version: 2, directory: at('kept'), config: {} };
}

async function useSession(): Promise<void> {
  const store = await SessionStore.open({ directory: at('sessions'), expirySeconds: 60, quotaBytes: 1 << 20, toNifti: noConversion }); // prettier-ignore
  try {
    writeFileSync(at('sent'), makeNifti(1000));
    const source = () => Promise.resolve([{ path: at('sent'), name: 'ct.nii', bytes: 1352 }]);
    const { id } = await store.create(source, { signal });
    (await store.use(id)).release();
    await store.delete(id);
  } finally {
    store.close();
  }
}

const places: Record<string, () => Place> = {
  'the spool of an upload': () => {
    const app = createApp(appParts({ workspace: root }));
    return {
      folder: at('uploads'),
      role: /the folder of uploads/i,
      work: async () => {
        const { body } = await request(app).post('/v1/mask2polygon').attach('image', Buffer.from('x'), 'a.nii');
        // Without workers there is no answer but this one.
        if (body.error.code !== 'INTERNAL') throw Object.assign(asGatewayError(undefined), { code: body.error.code, message: body.error.message[0] }); // prettier-ignore
      },
    };
  },
  'the session folder': () => ({ folder: at('sessions'), role: /the session folder/i, work: useSession }),
  'the store of models': () => ({
    folder: at('models'),
    role: /the store of models/i,
    work: async () => {
      const store = new Store(at('models'), 1);
      await store.prepare(new Set());
      for (const text of ['first', 'second']) {
        writeFileSync(at('sent'), text);
        const { version } = await store.add('m', '{}', record, { from: at('sent') });
        await store.commit('m', version);
      }
      await store.sweep('m');
      await store.remove('m');
    },
  }),
  'the model repository': () => {
    const repository = new Repository(at('served/repository'));
    const model = makeModel();
    return {
      folder: at('served'),
      role: /the model repository/i,
      work: async () => {
        await repository.prepare(new Set());
        await (await repository.place(model, { platform: 'onnxruntime_onnx', max_batch_size: 0, input: [], output: [] } as never)).keep(); // prettier-ignore
        await repository.remove('m');
      },
    };
  },
  'the list of users': () => ({
    folder: at('users.json'),
    role: /the list of users/i,
    work: async () => {
      await makeFirstUser(root);
      await setPassword(root, 'somebody', 'a password');
      const damage = await new Users({ workspace: root }).damage();
      if (damage) throw new Error(damage);
    },
  }),
  'downloads from NGC': () => ({
    folder: at('downloads'),
    role: /the folder of downloads/i,
    work: async () => {
      mkdirSync(at('request'), { recursive: true });
      const baseUrl = `http://127.0.0.1:${(ngc.address() as AddressInfo).port}`;
      const limits = { maxBytes: 1 << 20, timeoutMs: 60_000, idleMs: 60_000, retryMs: 1 };
      const from = new Ngc({ baseUrl, directory: at('downloads'), ...limits }, new SharedLocks(undefined, 1000));
      await from.fetch('m', { path: 'org/m', version: '1' }, at('request'), signal);
    },
  }),
  'the history of requests': () => {
    nameFolders([[at('telemetry.db'), 'the history of requests']]);
    return {
      folder: at('telemetry.db'),
      role: /the history of requests/i,
      // What a file needs that is damaged.
      work: async () => {
        for (const suffix of ['', '-wal', '-shm']) writeFileSync(at(`telemetry.db${suffix}`), 'damaged');
        const history = new HistoryFile(at('telemetry.db'), { days: 1, rows: 10 }, () => undefined);
        try {
          history.use(({ db }) => db.prepare('SELECT 1').get([]));
        } finally {
          history.close();
        }
      },
    };
  },
  'the locks': () => ({
    folder: at('gateways'),
    role: /the folder of locks/i,
    work: async () => {
      const lock = new FileLock(at('gateways/locks/m'));
      try {
        const gateways = await Gateways.join({
          workspace: root,
          shared: true,
          onWaiting: () => undefined,
          waitMs: 100,
        });
        await lock.take(AbortSignal.timeout(1000));
        await gateways.removeDead();
        await lock.release();
      } finally {
        // The next run finds no lock of a process that lives.
        rmSync(at('gateways'), { recursive: true, force: true });
      }
    },
  }),
};

describe.each(Object.keys(places))('%s', (name) => {
  let sentences = 0;

  test.each(refusals)('%s of one of its calls is a sentence with the part and no path, and the next try works', async (code) => {
    const { folder, role, work } = places[name]();
    Object.assign(disk, { folder, code: undefined, calls: 0 });
    await work();
    const all = disk.calls;
    expect(all).toBeGreaterThan(2);
    const told: string[] = [];
    // Each call gets one of the refusals, and each of them a call.
    for (let call = refusals.indexOf(code) % all; call < all; call += refusals.length) {
      Object.assign(disk, { code, refusedCall: call, calls: 0 });
      const error = await work().then(() => undefined, (reason: unknown) => asGatewayError(reason)); // prettier-ignore
      disk.code = undefined;
      if (error) told.push(`call ${call}: ${error.code} ${error.message}`);
    }
    for (const sentence of told) {
      expect(sentence).toMatch(role);
      expect(sentence).not.toContain(root);
    }
    sentences += told.length;
    await work();
    expect(unhandled).toEqual([]);
  });

  test('most refusals are told', () => expect(sentences).toBeGreaterThan(refusals.length / 2));
}); // prettier-ignore

test('a log that the disk refuses ends nothing, is told on the terminal, and goes on when there is room again', async () => {
  const file = at('logs/gateway.log');
  mkdirSync(at('logs'));
  symlinkSync('/dev/full', file);
  const logger = createLogger({ directory: at('logs'), level: 'info', terminal: false });
  const told: string[] = [];
  logger.on('data', (line: object) => told.push(JSON.stringify(line)));
  for (let line = 0; line < 1000; line++) logger.info(`line ${line}`);
  await until(() => told.some((line) => line.includes('the log cannot be written')));
  expect(told.at(-1)).toContain('"reason":"its disk is full (ENOSPC)"');
  rmSync(file);
  await until(() => {
    logger.info('more');
    return existsSync(file) && readFileSync(file, 'utf8').includes('"message":"more"');
  });
  await closeLogger(logger);
  expect(readFileSync(file, 'utf8')).toMatch(/^\n\{"level":"error","message":"lines of the log were lost","lines":\d+,/);
}); // prettier-ignore
