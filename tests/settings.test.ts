import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UsageError } from '../gateway/flags';
import { helpText, readSettings, settingFlags } from '../gateway/settings';

describe('readSettings', () => {
  test('takes flags before the environment before defaults', () => {
    const environment = { AIAA_PORT: '6001', AIAA_WORKERS: '3' };
    const settings = readSettings(['--port', '6002'], environment);
    expect(settings.port).toBe(6002);
    expect(settings.workers).toBe(3);
    expect(settings.host).toBe('127.0.0.1');
  });

  test.each([
    [['--debug'], 'debug', true],
    [['--debug', '1'], 'debug', true],
    [['--monitor', 'false'], 'monitor', false],
    [['--port=0'], 'port', 0],
    [['--root_path', '/radiology/aiaa/'], 'root_path', '/radiology/aiaa'],
    [['--root_path=/'], 'root_path', ''],
    [['--stall_timeout', '0.5'], 'stall_timeout', 0.5],
    [['--triton-url', 'grpc://triton:8001'], 'triton_url', 'grpc://triton:8001'],
    [['--triton_url', 'grpc://[::1]:8001'], 'triton_url', 'grpc://[::1]:8001'],
  ])('reads %j', (argv, name, expected) => {
    expect(readSettings(argv, {})[name as 'port']).toBe(expected);
  });

  test.each([
    [['--prot', '1'], /unknown flag --prot/],
    [['--worker', '1'], /unknown flag --worker; did you mean "--workers"\?/],
    [['--port', 'abc'], /--port is "abc": expected a number from 0 to 65535/],
    [['--port', '70000'], /--port is "70000"/],
    [['--port'], /--port needs a value: PORT/],
    [['--triton_url', 'localhost:8001'], /expected grpc:\/\/host:port/],
    [['--dicomweb_url', 'orthanc:8042'], /--dicomweb_url is "orthanc:8042": expected http/],
    [['--ssl', 'true'], /needs --ssl_cert_file and --ssl_pkey_file/],
    [
      ['--tensorflow_triton_url', 'grpc://127.0.0.1:8001'],
      /--tensorflow_triton_url and --triton_url are both grpc:\/\/127\.0\.0\.1:8001/,
    ],
    [['--ssl_port', '5443'], /--ssl_port needs --ssl true/],
    [['--ssl', '--ssl_cert_file=c', '--ssl_pkey_file=k', '--ssl_port', '5000'], /--ssl_port and --port are both 5000/],
    [['--root_path', 'aiaa'], /--root_path is "aiaa": expected a path such as \/aiaa/],
    [['--workspace', '--port', '1'], /--workspace needs a value: DIR/],
    [['5001'], /"5001" is not a flag/],
  ])('refuses %j', (argv, message) => {
    expect(() => readSettings(argv, {})).toThrow(UsageError);
    expect(() => readSettings(argv, {})).toThrow(message);
  });

  test('names the environment variable of a bad value', () => {
    expect(() => readSettings([], { AIAA_QUEUE_SIZE: '-1' })).toThrow(/AIAA_QUEUE_SIZE is "-1"/);
  });
});

test('help shows every setting', () => {
  const help = helpText();
  for (const name of Object.keys(settingFlags)) expect(help).toContain(`\n  --${name} `);
});

describe('settings of the admin paths and of proxies', () => {
  test('compose gives the address of the second Triton empty where there is none; its folder lies beside the first', () => {
    const settings = readSettings(['--model_repository', '/models/repo'], { AIAA_TENSORFLOW_TRITON_URL: '' });
    expect(settings.tensorflow_triton_url).toBeUndefined();
    expect(settings.tensorflow_model_repository).toBe('/models/repo-tensorflow');
  });

  test('user and password need each other', () => {
    expect(() => readSettings(['--admin_user', 'root'], {})).toThrow('need each other');
    expect(readSettings(['--admin_user', 'root'], { AIAA_ADMIN_PASSWORD: 'x' })).toMatchObject({ admin_password: 'x' });
  });

  test('a secret may come from a file, anything else may not', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'secret-')), 'password');
    writeFileSync(file, 'from a file\n');
    const environment = { AIAA_ADMIN_USER: 'root', AIAA_ADMIN_PASSWORD_FILE: file, AIAA_PORT_FILE: file };
    expect(readSettings([], environment)).toMatchObject({ admin_password: 'from a file', port: 5000 });
    rmSync(dirname(file), { recursive: true });
    expect(() => readSettings([], environment)).toThrow(
      /AIAA_ADMIN_PASSWORD_FILE is ".*", which cannot be read: ENOENT/,
    );
  });

  test.each(['loopback', '10.0.0.7', '10.0.0.0/8, uniquelocal', 'fd00::/8'])('--trust_proxy %s', (list) => {
    expect(readSettings(['--trust_proxy', list], {}).trust_proxy).toBe(list);
  });

  test.each(['everybody', '10.0.0.0/33', '10.0.0', ''])('--trust_proxy "%s" is refused', (list) => {
    expect(() => readSettings([`--trust_proxy=${list}`], {})).toThrow('expected addresses or ranges');
  });
});

test('--aiaa_defaults opens address and pages, neither names nor PACS; a flag beside it counts', () => {
  const closed = { host: '127.0.0.1', hosts: '', cors_origins: '', pacs_hosts: '', metrics_hosts: '' };
  expect(readSettings([], {})).toMatchObject({ ...closed, aiaa_defaults: false });
  const open = { ...closed, host: '0.0.0.0', cors_origins: '*' };
  expect(readSettings(['--aiaa_defaults'], {})).toMatchObject(open);
  expect(readSettings(['--pacs_hosts', '10.0.0.10'], { AIAA_AIAA_DEFAULTS: 'true' })).toMatchObject({
    ...open,
    pacs_hosts: '10.0.0.10',
  });
});
