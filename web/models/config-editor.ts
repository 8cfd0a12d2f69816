import type { ConfigCheck, Published } from '../../gateway/contract/models';
import { byId, h, mark } from '../dom';
import { ask } from '../server/ask';
import { adminSentence, json, modelPath, problemList, PUBLISH_WITHIN_MS, sentenceList, showOutcome } from './outcome';

const CHECK_AFTER_MS = 400;

/**
 * The config as text. It is checked while one types: its JSON here, its meaning by the server; it is published when Save is pressed.
 * @returns shows the config of a model; what was typed for another one is gone
 */
export function startConfigEditor(onChange: () => void): (model: string) => void {
  const text = byId<HTMLTextAreaElement>('config');
  const save = byId<HTMLButtonElement>('config-save');
  const revert = byId<HTMLButtonElement>('config-revert');
  let model = '';
  let stored = '';
  let timer: ReturnType<typeof setTimeout>;
  /** Counts the checks: only the answer to the last one is shown. */
  let latest = 0;

  const say = (...children: (Node | string)[]) => byId('config-check').replaceChildren(...children);
  const send = <T>(query: string, deadlineMs?: number) =>
    ask<T>(modelPath(model) + query, { ...json('PATCH', text.value), deadlineMs });
  text.oninput = () => {
    save.disabled = true;
    revert.disabled = text.value === stored;
    clearTimeout(timer);
    timer = setTimeout(() => void check(), CHECK_AFTER_MS);
  };
  revert.onclick = () => {
    text.value = stored;
    rest();
  };
  save.onclick = () => void publish();

  function rest(sentence = ''): void {
    latest++;
    save.disabled = revert.disabled = true;
    text.removeAttribute('aria-invalid');
    say(sentence);
  }

  async function load(name: string): Promise<void> {
    model = name;
    text.value = stored = '';
    text.disabled = true;
    rest('Fetching the config …');
    try {
      const config = await ask<unknown>(modelPath(name));
      if (model !== name) return;
      text.value = stored = `${JSON.stringify(config, null, 2)}\n`;
      text.disabled = false;
      rest();
    } catch (error) {
      if (model === name) say(mark('bad', adminSentence(error)));
    }
  }

  async function check(): Promise<void> {
    const mine = ++latest;
    if (text.value === stored) return rest();
    const syntax = jsonProblem(text.value);
    text.setAttribute('aria-invalid', String(syntax !== undefined));
    if (syntax) return say(mark('bad', syntax));
    try {
      const { success, errors, warnings } = await send<ConfigCheck>('?check=true');
      if (mine !== latest) return;
      text.setAttribute('aria-invalid', String(!success));
      save.disabled = !success;
      const number = `${errors.length} ${errors.length === 1 ? 'problem' : 'problems'}:`;
      if (!success) return say(h('p', number), problemList(errors));
      const all = warnings.map((warning) => mark('busy', warning));
      say(mark('good', 'The config is good; Save publishes it.'), sentenceList(all));
    } catch (error) {
      if (mine === latest) say(mark('bad', adminSentence(error)));
    }
  }

  async function publish(): Promise<void> {
    const [sent, to] = [text.value, model];
    latest++;
    save.disabled = revert.disabled = text.disabled = true;
    const what = 'Triton loads the model with the new config …';
    const isShown = () => model === to;
    const work = () => send<Published>('', PUBLISH_WITHIN_MS);
    const done = await showOutcome({ id: 'config-check', what, isShown }, work);
    if (isShown()) {
      if (done) stored = sent;
      else save.disabled = revert.disabled = false;
      text.disabled = false;
    }
    onChange();
  }

  return (name) => void load(name);
}

/** Why a text is not JSON, with line and column; undefined when it is. */
function jsonProblem(text: string): string | undefined {
  if (text.trim() === '') return 'The config is empty.';
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const { message } = error as SyntaxError;
    const reason = message
      .replace(/\s*(in JSON )?at (position|line) .*$|^JSON\.parse: /gs, '')
      .replace(/, "?\.\.\..*$/s, '');
    const [line, column] = placeOf(message, text);
    return `This is not JSON at line ${line}, column ${column}: ${reason}.`;
  }
}

/** Browsers say where in different words: `at position 12`, or `at line 2 column 3`. */
function placeOf(message: string, text: string): [line: number, column: number] {
  const place = /line (\d+) column (\d+)/.exec(message);
  if (place) return [Number(place[1]), Number(place[2])];
  const position = /position (\d+)/.exec(message);
  const before = text.slice(0, position ? Number(position[1]) : text.length);
  return [before.split('\n').length, before.length - before.lastIndexOf('\n')];
}
