import { byId, h, mark, onSubmit } from '../dom';
import { checkServerUrl } from './server-url';

const TEST_WITHIN_MS = 5000;

/** The box that tests what somebody entered: first by what it says, then by asking as a client does. */
export function startSelfCheck(here: string): void {
  const typed = byId<HTMLInputElement>('typed');
  typed.placeholder = `${here}/v1/models`;
  onSubmit('check', () => void test(typed.value, here));
}

async function test(typed: string, here: string): Promise<void> {
  const { verdict, reasons, url } = checkServerUrl(typed, here);
  if (verdict === 'untested') return show('busy', 'This cannot be tested from here.', reasons);
  const problem = verdict === 'wrong' ? undefined : await askAsClient(url.replace(/[?#].*$/, ''), here);
  if (verdict === 'wrong' || problem) show('bad', 'This does not work.', problem ? [...reasons, problem] : reasons);
  else if (verdict === 'good') show('good', 'This works: the list of models came.', reasons);
  else show('busy', 'This works here, but not on every server.', [...reasons, `Better enter ${here}`]);
}

/** Asks for the model list below the URL that was typed. @returns the problem */
async function askAsClient(url: string, here: string): Promise<string | undefined> {
  byId('finding').replaceChildren('Asking as a client would …');
  const { pathname } = new URL(url);
  // The same server under the name this page has: another one would be another origin.
  const asked = `${new URL(here).origin}${pathname.replace(/\/+$/, '')}/v1/models`;
  try {
    const response = await fetch(asked, { signal: AbortSignal.timeout(TEST_WITHIN_MS) });
    if (!response.ok) return `The server answered ${response.status} ${response.statusText}.`;
    return Array.isArray(await response.json()) ? undefined : 'The answer is not a list of models.';
  } catch {
    return `No answer came within ${TEST_WITHIN_MS / 1000} s.`;
  }
}

function show(kind: 'good' | 'busy' | 'bad', headline: string, reasons: readonly string[]): void {
  const list = h('ul', ...reasons.map((reason) => h('li', reason)));
  byId('finding').replaceChildren(h('p', mark(kind, headline)), ...(reasons.length ? [list] : []));
}
