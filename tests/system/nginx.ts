import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { until } from '../until';

const program = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(existsSync);
export const nginxIsThere = program !== undefined;

const shipped = path.join(__dirname, '../../deploy/nginx/gateway.conf');

export interface RunningNginx {
  port: number;
  errors(): string;
  stop(): Promise<void>;
}

/** Runs `deploy/nginx/gateway.conf` with other ports, files and a folder of its own; never the machine's service. */
export async function startNginx(
  folder: string,
  gatewayPort: number,
  { cert, key }: { cert: string; key: string },
): Promise<RunningNginx> {
  const [port, plain] = [await freePort(), await freePort()];
  const viewer = path.join(folder, 'viewer');
  mkdirSync(viewer);
  writeFileSync(path.join(viewer, 'index.html'), 'the viewer');
  const changes: [string, string][] = [
    ['server 127.0.0.1:5000;', `server 127.0.0.1:${gatewayPort};`],
    ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
    ['listen 80;', `listen 127.0.0.1:${plain};`],
    ['/etc/nginx/tls/server.crt', cert],
    ['/etc/nginx/tls/server.key', key],
    ['/var/www/viewer', viewer],
  ];
  const server = changes.reduce(
    (text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`gateway.conf has no "${from}"`);
      return text.replace(from, to);
    },
    readFileSync(shipped, 'utf8'),
  );
  writeFileSync(path.join(folder, 'gateway.conf'), server);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (one) => `${one}_temp_path ${folder}/${one};`,
  );
  const log = path.join(folder, 'error.log');
  const config = path.join(folder, 'nginx.conf');
  writeFileSync(
    config,
    [
      'daemon off;',
      // The viewer's folder is this user's own.
      ...(process.getuid?.() === 0 ? ['user root;'] : []),
      'worker_processes 1;',
      `pid ${folder}/nginx.pid;`,
      `error_log ${log} info;`,
      'events {}',
      `http { access_log off; ${temporary.join(' ')} include ${folder}/gateway.conf; }`,
    ].join('\n'),
  );
  const args = ['-p', folder, '-c', config, '-e', log];
  execFileSync(program!, [...args, '-t'], { stdio: 'pipe' });
  const child = spawn(program!, args, { stdio: 'ignore' });
  const gone = once(child, 'exit');
  await until(async () => child.exitCode !== null || (await answers(port)));
  if (child.exitCode !== null) throw new Error(readFileSync(log, 'utf8'));
  return {
    port,
    errors: () => readFileSync(log, 'utf8'),
    async stop() {
      child.kill('SIGQUIT');
      await gone;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy() !== undefined));
    socket.once('error', () => resolve(false));
  });
}
