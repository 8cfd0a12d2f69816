import { byId, element } from '../element';
import { checkServerUrl, type UrlFinding } from './check-server-url';

const TEST_WITHIN_MS = 5000;

/** The box that tests what somebody entered: first by what it says, then by asking as a client does. */
export function startSelfCheck(here: string): void {
  const typed = byId<HTMLInputElement>('typed');
  typed.placeholder = `${here}/v1/models`;
  byId<HTMLFormElement>('check').addEventListener('submit', (event) => {
    event.preventDefault();
    void test(typed.value, here);
  });
}

async function test(typed: string, here: string): Promise<void> {
  const box = byId('finding');
  const finding = checkServerUrl(typed, here);
  if (finding.verdict === 'wrong') return show(box, finding, 'bad', 'This does not work.');
  box.replaceChildren('Asking as a client would …');
  const url = typed.trim();
  const problem = await askAsClient(url.replace(/[?#].*$/, ''), here);
  if (problem) return show(box, { ...finding, reasons: [...finding.reasons, problem] }, 'bad', 'This does not work.');
  if (finding.verdict === 'good') show(box, finding, 'good', 'This works: the list of models came.');
  else
    show(
      box,
      { ...finding, reasons: [...finding.reasons, `Better enter ${here}`] },
      'busy',
      'This works here, but not on every server.',
    );
}

/** Asks for the model list below the URL that was typed. @returns what is wrong */
async function askAsClient(url: string, here: string): Promise<string | undefined> {
  const { pathname } = new URL(url);
  // The same server under the name this page has: another one would be another origin.
  const asked = `${new URL(here).origin}${pathname.replace(/\/+$/, '')}/v1/models`;
  try {
    const response = await fetch(asked, { signal: AbortSignal.timeout(TEST_WITHIN_MS) });
    if (!response.ok) return `The server answered ${response.status} ${response.statusText}.`;
    return Array.isArray(await response.json()) ? undefined : 'The answer is no list of models.';
  } catch {
    return `No answer came within ${TEST_WITHIN_MS / 1000} s.`;
  }
}

function show(box: HTMLElement, { reasons }: UrlFinding, mark: string, headline: string): void {
  const list = element('ul', {}, ...reasons.map((reason) => element('li', {}, reason)));
  box.replaceChildren(element('p', { className: `mark ${mark}` }, headline), ...(reasons.length ? [list] : []));
}
