import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from '../../scripts/setup.mjs';

const program = ['/usr/sbin/nginx', '/usr/bin/nginx'].find(existsSync);
const STARTS_WITHIN_MS = 10_000;

/**
 * nginx in front of gateways, each client at one of them by a hash of its address, as docs/guides/scale-out.md shows it.
 * @param {number[]} gateways their ports
 * @returns {Promise<{ port: number, pid: number, stop(): Promise<void> }>}
 */
export async function startNginx(folder, gateways) {
  if (!program) throw new SetupError('this benchmark needs nginx');
  const at = join(folder, `nginx-${gateways.length}`);
  mkdirSync(at, { recursive: true });
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${at}/${one};`);
  const config = join(at, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; worker_processes 1; pid ${at}/pid; ${process.getuid() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  access_log off; ${temporary.join(' ')}
  upstream gateway { hash $remote_addr consistent; ${gateways.map((one) => `server 127.0.0.1:${one};`).join(' ')} keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 4g;
    location / {
      proxy_pass http://gateway; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_request_buffering off; proxy_buffering off; proxy_read_timeout 660s; proxy_next_upstream off;
    }
  }
}
`,
  );
  const log = join(at, 'error.log');
  const child = spawn(program, ['-p', at, '-c', config, '-e', log], { stdio: 'ignore' });
  const gone = once(child, 'exit');
  for (const end = Date.now() + STARTS_WITHIN_MS; !(await answers(port)); await sleep(20))
    if (child.exitCode !== null || Date.now() > end)
      throw new Error(`nginx did not start: ${readFileSync(log, 'utf8')}`);
  const stop = async () => {
    child.kill('SIGQUIT');
    await gone;
  };
  return { port, pid: child.pid, stop };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(Boolean(socket.destroy())));
    socket.once('error', () => resolve(false));
  });
