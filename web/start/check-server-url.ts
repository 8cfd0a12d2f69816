/** What is to be said of a URL that somebody entered in a client. */
export interface UrlFinding {
  /** `good`: as it should be; `forgiven`: works here, is not what to enter; `wrong`: does not work. */
  verdict: 'good' | 'forgiven' | 'wrong';
  /** One sentence each. */
  reasons: string[];
}

/** Paths that clients append by themselves, or that belong to pages. */
const APPENDED = /\/(?:v1|session|admin|health|logs|docs|web|try|samples|info|infer)(?:\/|$)/i;
const LOCAL = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/i;
const TRITON_PORTS = ['8000', '8001', '8002'];

/**
 * Finds the wrong URLs that people enter (`aiaa-api.md` §13): a path of the API behind it, no scheme, https where there is none, the port of
 * Triton, localhost on another machine.
 *
 * @param here the right URL, as this page was reached
 */
export function checkServerUrl(typed: string, here: string): UrlFinding {
  const text = typed.trim().replace(/^["']|["']$/g, '');
  if (text === '') return { verdict: 'wrong', reasons: [`Nothing is entered. Enter ${here}`] };
  if (!/^[a-z]+:\/\//i.test(text)) return withoutScheme(text, here);
  if (!URL.canParse(text)) return { verdict: 'wrong', reasons: [`This is no URL. Enter ${here}`] };
  const url = new URL(text);
  const right = new URL(here);
  const wrong = [...schemeReasons(url, right), ...hostReasons(url, right), ...credentialReasons(url)];
  if (wrong.length > 0) return { verdict: 'wrong', reasons: [...wrong, `Enter ${here}`] };
  const forgiven = pathReasons(url, right);
  if (forgiven.length > 0) return { verdict: 'forgiven', reasons: forgiven };
  return { verdict: 'good', reasons: [] };
}

function withoutScheme(text: string, here: string): UrlFinding {
  const { protocol } = new URL(here);
  return { verdict: 'wrong', reasons: [`It has no ${protocol}// in front: ${protocol}//${text}`, `Enter ${here}`] };
}

function schemeReasons(url: URL, right: URL): string[] {
  if (url.protocol === right.protocol) return [];
  if (url.protocol === 'https:') return ['It says https, but this server was reached with plain http.'];
  if (url.protocol === 'http:') return ['It says http, but this server was reached with https.'];
  return [`It begins with ${url.protocol}//, but clients speak ${right.protocol}//.`];
}

function hostReasons(url: URL, right: URL): string[] {
  if (url.host === right.host) return [];
  if (url.hostname === right.hostname) {
    if (TRITON_PORTS.includes(url.port)) return [`Port ${url.port} is one of Triton's own, not of this server.`];
    const port = url.port ? `Port ${url.port}` : 'Without a port it';
    return [`${port} is not where this page comes from: that is ${portOf(right)}.`];
  }
  // With another scheme the port is another one as well.
  if (LOCAL.test(url.hostname) && LOCAL.test(right.hostname) && url.port === right.port) return [];
  if (LOCAL.test(url.hostname))
    return [`${url.hostname} is the machine the client runs on. This server is ${right.hostname}.`];
  return [`This page cannot test ${url.host}: it comes from ${right.host}.`];
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === 'https:' ? '443' : '80');
}

function credentialReasons({ username, password }: URL): string[] {
  return username || password ? ['It holds a user or a password, which no client sends.'] : [];
}

function pathReasons(url: URL, right: URL): string[] {
  const without = (path: string) => path.replace(/\/+$/, '');
  const reasons: string[] = [];
  const appended = APPENDED.exec(url.pathname);
  if (appended)
    reasons.push(
      `Clients append ${appended[0].startsWith('/v1') ? '/v1/models' : 'their paths'} by themselves, so ${url.pathname} is too much.`,
    );
  else if (without(url.pathname) !== without(right.pathname))
    reasons.push(`The path is ${url.pathname}, this page's is ${right.pathname}.`);
  if (url.search || url.hash) reasons.push('What stands behind ? or # does not belong to a server URL.');
  return reasons;
}
