import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer as createHttpServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { isIPv6, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { UsageError } from '../flags';
import type { Settings } from '../settings';

/** Node looks for requests that are late every 30 s; short deadlines need it more often. */
const CHECK_EVERY_MS = 30_000;

/**
 * Ciphers with forward secrecy and authenticated encryption: Mozilla's list "intermediate" (Server Side TLS 5.7) without DHE.
 * Node turns TLS 1.3 off where none of its own is listed.
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  ...['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].flatMap((cipher) => [
    `ECDHE-ECDSA-${cipher}`,
    `ECDHE-RSA-${cipher}`,
  ]),
].join(':');

/** The listening servers: plain http, https, or both. */
export interface Servers {
  /** Ports in use, in the order of {@link urls}; the first one is that of `--port`. */
  ports: number[];
  urls: string[];
  /** Takes no new connections. */
  stop(): void;
  /** Cuts the connections there are. */
  cut(): void;
}

/**
 * Plain http on `--port`. With `--ssl true` that port speaks https, as in AIAA; with `--ssl_port` too, https is there and `--port` stays plain.
 *
 * @throws UsageError when a port cannot be had or a certificate not be read
 */
export async function listen(
  settings: Settings,
  answer: RequestListener,
  onClientError: (error: Error, socket: Duplex) => void,
): Promise<Servers> {
  const servers: Server[] = [];
  const open = async (scheme: 'http' | 'https', flag: 'port' | 'ssl_port') => {
    const server = createServer(scheme, settings, answer);
    server.on('clientError', onClientError);
    // Nothing is expected but 100-continue, which Node answers; other expectations may be ignored (RFC 9110, 10.1.1).
    server.on('checkExpectation', (request, response) => server.emit('request', request, response));
    // Longer than proxies and clients keep an idle connection: whoever closes first must not be us, or their next request is lost.
    server.keepAliveTimeout = 75_000;
    const port = await portOf(server, settings.host, settings[flag]!, flag);
    servers.push(server);
    return { port, url: urlOf(scheme, settings.host, port) + settings.root_path };
  };
  const stop = () => {
    for (const server of servers) {
      server.close();
      server.closeIdleConnections();
    }
  };
  try {
    const both = settings.ssl_port !== undefined;
    const opened = [await open(settings.ssl && !both ? 'https' : 'http', 'port')];
    if (both) opened.push(await open('https', 'ssl_port'));
    return {
      ports: opened.map(({ port }) => port),
      urls: opened.map(({ url }) => url),
      stop,
      cut: () => servers.forEach((server) => server.closeAllConnections()),
    };
  } catch (error) {
    stop();
    throw error;
  }
}

/** An IPv6 address stands in brackets (RFC 3986, 3.2.2). */
export function urlOf(scheme: string, host: string, port: number): string {
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}

/**
 * Ends the connection of a client that does not read its answer, which would keep memory and files for ever. Node looks whether bytes went out
 * before it tells of the time; where there is nothing to send, the answer is still being made, or is a stream of events.
 */
export function giveUpUnread(response: ServerResponse, seconds: number): void {
  response.setTimeout(seconds * 1000, () => {
    if (response.socket && response.socket.writableLength > 0) response.socket.destroy();
  });
}

function createServer(scheme: 'http' | 'https', settings: Settings, listener: RequestListener): Server {
  const answer: RequestListener = (request, response) => {
    giveUpUnread(response, settings.stall_timeout);
    listener(request, response);
  };
  const headersTimeout = settings.header_timeout * 1000;
  const options = {
    headersTimeout,
    requestTimeout: Math.max(settings.request_timeout * 1000, headersTimeout),
    connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, headersTimeout / 2),
  };
  if (scheme === 'http') return createHttpServer(options, answer);
  const [cert, key] = (['ssl_cert_file', 'ssl_pkey_file'] as const).map((flag) => pem(flag, settings[flag]!));
  try {
    return createHttpsServer({ ...options, cert, key, minVersion: 'TLSv1.2', ciphers: CIPHERS }, answer);
  } catch (error) {
    throw new UsageError(
      `--ssl_cert_file and --ssl_pkey_file are no certificate with its key (${(error as Error).message}); both are PEM files`,
    );
  }
}

function pem(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`--${flag} cannot be read: ${(error as Error).message}`);
  }
}

/** @throws UsageError that says who has the port of `--port` or `--ssl_port` */
export async function portIsFree(settings: Settings, flag: 'port' | 'ssl_port'): Promise<void> {
  const server = createHttpServer();
  await portOf(server, settings.host, settings[flag]!, flag);
  await new Promise((closed) => server.close(closed));
}

function portOf(server: Server, host: string, port: number, flag: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => void listenError(error, host, port, flag).then(reject));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

async function listenError(error: NodeJS.ErrnoException, host: string, port: number, flag: string): Promise<Error> {
  if (error.code === 'EADDRINUSE') {
    const airplay = process.platform === 'darwin' && port === 5000;
    const owner = airplay
      ? 'probably AirPlay Receiver (System Settings > General > AirDrop & Handoff)'
      : await ownerOfPort(port);
    return new UsageError(
      `port ${port} is taken by ${owner ?? 'another program'}; choose another one with --${flag}, for example --${flag} ${port + 1}`,
    );
  }
  if (error.code === 'EACCES')
    return new UsageError(`port ${port} needs more rights than this user has; choose one above 1023 with --${flag}`);
  if (error.code === 'EADDRNOTAVAIL')
    return new UsageError(`${host} is not an address of this machine; choose one with --host`);
  return error;
}

const LISTENING = '0A';

/** `name (pid 123)` of the program that listens on a TCP port of this machine, or undefined where the system does not tell. */
export async function ownerOfPort(port: number): Promise<string | undefined> {
  try {
    return process.platform === 'linux' ? await ownerFromProc(port) : await ownerFromLsof(port);
  } catch {
    return undefined;
  }
}

/** Linux: the socket's inode from the kernel's table, then the process that has it open (visible for own processes, or as root). */
async function ownerFromProc(port: number): Promise<string | undefined> {
  const hexPort = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'utf8').catch(() => '')),
  );
  const rows = tables.flatMap((table) => table.split('\n').slice(1)).map((row) => row.trim().split(/\s+/));
  const inode = rows.find(([, local, , state]) => local?.endsWith(hexPort) && state === LISTENING)?.[9];
  if (!inode) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')));
    if (links.includes(`socket:[${inode}]`))
      return `${(await readFile(`/proc/${pid}/comm`, 'utf8')).trim()} (pid ${pid})`;
  }
  return undefined;
}

async function ownerFromLsof(port: number): Promise<string | undefined> {
  const { stdout } = await promisify(execFile)('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], {
    timeout: 5000,
  });
  const field = (letter: string) =>
    stdout
      .split('\n')
      .find((line) => line.startsWith(letter))
      ?.slice(1);
  return field('c') && `${field('c')} (pid ${field('p')})`;
}
