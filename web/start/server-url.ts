/** The verdict on a URL that somebody entered in a client. */
export interface UrlFinding {
  /** `good`: as it should be; `forgiven`: works here, is not what to enter; `wrong`: does not work; `untested`: another host than this page's. */
  verdict: 'good' | 'forgiven' | 'wrong' | 'untested';
  /** What was typed, without quotes and blanks around it. */
  url: string;
  /** One sentence each. */
  reasons: string[];
}

/** Paths that clients append by themselves, or that belong to pages. */
const APPENDED = /\/(?:v1|session|admin|health|logs|docs|web|try|samples|info|infer)(?:\/|$)/i;
const TRITON_PORTS = ['8000', '8001', '8002'];

export const isLocal = (hostname: string) => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/i.test(hostname);

/**
 * Finds the wrong URLs that people enter: a path of the API after the server's own, no scheme, https where there is none, the port of Triton,
 * localhost on another machine.
 * @param here the right URL, as this page was reached
 */
export function checkServerUrl(typed: string, here: string): UrlFinding {
  const text = typed.trim().replace(/^["']|["']$/g, '');
  const right = new URL(here);
  const wrong = (...reasons: string[]): UrlFinding => ({ verdict: 'wrong', url: text, reasons });
  if (text === '') return wrong(`Nothing is entered. Enter ${here}`);
  if (!/^[a-z]+:\/\//i.test(text))
    return wrong(`It has no ${right.protocol}// in front: ${right.protocol}//${text}`, `Enter ${here}`);
  if (!URL.canParse(text)) return wrong(`This is not a URL. Enter ${here}`);
  const url = new URL(text);
  const problems: string[] = [];
  if (isElsewhere(url, right)) {
    if (!/^https?:$/.test(url.protocol)) problems.push(schemeProblem(url, right)!);
  } else problems.push(...([schemeProblem(url, right), hostProblem(url, right)].filter(Boolean) as string[]));
  if (url.username || url.password) problems.push('It holds a user or a password, which no client sends.');
  if (problems.length > 0) return wrong(...problems, `Enter ${here}`);
  if (isElsewhere(url, right)) return { verdict: 'untested', url: text, reasons: howToTest(url, right) };
  const reasons = pathReasons(url, right);
  return { verdict: reasons.length > 0 ? 'forgiven' : 'good', url: text, reasons };
}

function schemeProblem(url: URL, right: URL): string | undefined {
  if (url.protocol === right.protocol) return undefined;
  if (url.protocol === 'https:') return 'It says https, but this server was reached with plain http.';
  if (url.protocol === 'http:') return 'It says http, but this server was reached with https.';
  return `It begins with ${url.protocol}//, but clients speak ${right.protocol}//.`;
}

function hostProblem(url: URL, right: URL): string | undefined {
  if (url.host === right.host) return undefined;
  if (url.hostname === right.hostname) {
    if (TRITON_PORTS.includes(url.port)) return `Port ${url.port} is one of Triton's own, not of this server.`;
    const port = url.port ? `Port ${url.port}` : 'Without a port it';
    const expected = right.port || (right.protocol === 'https:' ? '443' : '80');
    return `${port} is not where this page comes from: that is ${expected}.`;
  }
  // With another scheme the port is another one as well.
  if (isLocal(url.hostname) && isLocal(right.hostname) && url.port === right.port) return undefined;
  if (isLocal(url.hostname))
    return `${url.hostname} is the machine the client runs on. This server is ${right.hostname}.`;
  return undefined;
}

/** A name or address that may lead to this server or to another one: a page may ask the host it comes from alone. */
const isElsewhere = (url: URL, right: URL) => url.hostname !== right.hostname && !isLocal(url.hostname);

function howToTest(url: URL, right: URL): string[] {
  const models = `${url.origin}${url.pathname.slice(0, APPENDED.exec(url.pathname)?.index).replace(/\/+$/, '')}/v1/models`;
  return [
    `This page comes from ${right.host} and may not ask ${url.host}.`,
    `On the machine of the client, open ${models} in a browser, or run: curl ${models}. The URL works there if a list of models comes.`,
  ];
}

function pathReasons(url: URL, right: URL): string[] {
  const without = (path: string) => path.replace(/\/+$/, '');
  const reasons: string[] = [];
  const appended = APPENDED.exec(url.pathname)?.[0];
  const what = appended?.startsWith('/v1') ? '/v1/models' : 'their paths';
  if (appended) reasons.push(`Clients append ${what} by themselves, so ${url.pathname} is too much.`);
  else if (without(url.pathname) !== without(right.pathname))
    reasons.push(`The path is ${url.pathname}, this page's is ${right.pathname}.`);
  if (url.search || url.hash) reasons.push('What stands after ? or # does not belong to a server URL.');
  return reasons;
}
