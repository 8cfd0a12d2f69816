import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names for a URL, as curl reads it: `https_proxy` or `http_proxy`, else `all_proxy`, in small letters or capitals, unless `no_proxy`
 * lists its host (`*`, a host, or a domain with those below it; a port may follow).
 * @throws Error for a proxy that does not speak HTTP
 */
export function proxyFor({ protocol, hostname, port }: URL, environment: Environment): URL | undefined {
  const read = (name: string) => environment[name] ?? environment[name.toUpperCase()];
  const named = read(`${protocol.slice(0, -1)}_proxy`) || read('all_proxy');
  if (!named || read('no_proxy')?.split(',').some((entry) => isListed(entry.trim().toLowerCase(), hostname, port))) return undefined;
  const text = named.includes('://') ? named : `http://${named}`;
  if (!URL.canParse(text) || !/^http:/i.test(text))
    throw new Error(`the proxy of the environment is not http://host:port; set ${protocol.slice(0, -1)}_proxy to one that is, or no_proxy to ${hostname}`);
  return new URL(text);
} // prettier-ignore

function isListed(entry: string, hostname: string, port: string): boolean {
  if (entry === '*') return true;
  const [, domain, ofPort] = /^\.?(.*?)(?::(\d+))?$/.exec(entry)!;
  const isHost = domain !== '' && (hostname === domain || hostname.endsWith(`.${domain}`));
  return isHost && (ofPort === undefined || ofPort === port);
}

/** `fetch` of Node with the proxy of the environment: what it asks for and answers, but that redirects are not followed. */
export function fetchThroughProxy(environment: Environment) {
  return async (url: URL, init: RequestInit): Promise<Response> => {
    const proxy = proxyFor(url, environment);
    if (!proxy) return fetch(url, init);
    const headers = { ...(init.headers as Record<string, string>), host: url.host };
    const signal = init.signal ?? undefined;
    const authorization = authorizationOf(proxy);
    const place = { host: proxy.hostname, port: proxy.port || 80, signal };
    const request =
      url.protocol === 'http:'
        ? httpRequest({ ...place, path: url.href, headers: { ...headers, ...authorization } })
        : httpsRequest(url, { headers, signal, agent: false, socket: await tunnel(url, place, authorization) } as object);
    const [answer] = (await once(request.end(), 'response')) as [IncomingMessage];
    return asResponse(answer);
  };
} // prettier-ignore

/** A connection to the host of `url` through the proxy (CONNECT, RFC 9110, 9.3.6). */
async function tunnel(url: URL, place: object, headers: Record<string, string>): Promise<Socket> {
  const target = `${url.hostname}:${url.port || 443}`;
  const request = httpRequest({ ...place, method: 'CONNECT', path: target, headers: { host: target, ...headers } });
  const [answer, socket] = (await once(request.end(), 'connect')) as [IncomingMessage, Socket];
  if (answer.statusCode === 200) return socket;
  socket.destroy();
  throw new Error(`the proxy answered ${answer.statusCode} to a connection to ${target}`);
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` };
}

function asResponse(answer: IncomingMessage): Response {
  const headers = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  const status = answer.statusCode!;
  const hasBody = status !== 204 && status !== 304;
  return new Response(hasBody ? (Readable.toWeb(answer) as ReadableStream) : null, {
    status,
    statusText: answer.statusMessage,
    headers,
  });
}
