import { byId, element } from '../element';
import { mark } from '../frame/readiness';
import { ask } from '../live/ask';
import { outcome, problemList, sentenceList } from './findings';
import { jsonProblem } from './json-problem';
import {
  modelPath,
  problemsOf,
  PUBLISH_WITHIN_MS,
  sentenceOf,
  type ConfigProblem,
  type Published,
} from './stored-model';

const CHECK_AFTER_MS = 400;

interface Check {
  success: boolean;
  errors: ConfigProblem[];
  warnings: string[];
}

export interface ConfigEditor {
  /** Shows the config of a model; what was typed for another one is gone. */
  open(name: string): void;
}

/** The config as text. It is checked while one types: its JSON here, what it says by the server; it is published when Save is pressed. */
export function startConfigEditor(onChange: () => void): ConfigEditor {
  const text = byId<HTMLTextAreaElement>('config');
  const save = byId<HTMLButtonElement>('config-save');
  const revert = byId<HTMLButtonElement>('config-revert');
  let model = '';
  let stored = '';
  let timer: ReturnType<typeof setTimeout>;
  /** Counts the checks: only the answer to the last one is shown. */
  let latest = 0;

  const say = (...children: (Node | string)[]) => byId('config-check').replaceChildren(...children);
  const changed = () => text.value !== stored;
  text.addEventListener('input', () => {
    save.disabled = true;
    revert.disabled = !changed();
    clearTimeout(timer);
    timer = setTimeout(() => void check(), CHECK_AFTER_MS);
  });
  revert.addEventListener('click', () => {
    text.value = stored;
    rest();
  });
  save.addEventListener('click', () => void publish());

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
      if (model === name) say(mark('bad', sentenceOf(error)));
    }
  }

  async function check(): Promise<void> {
    const mine = ++latest;
    if (!changed()) return rest();
    const syntax = jsonProblem(text.value);
    text.setAttribute('aria-invalid', String(syntax !== undefined));
    if (syntax) return say(mark('bad', syntax));
    try {
      const { success, errors, warnings } = await send<Check>('?check=true');
      if (mine !== latest) return;
      text.setAttribute('aria-invalid', String(!success));
      save.disabled = !success;
      const all = sentenceList(warnings.map((warning) => mark('busy', warning)));
      if (success) say(mark('good', 'The config is good; Save publishes it.'), all);
      else
        say(element('p', {}, `${errors.length} ${errors.length === 1 ? 'problem' : 'problems'}:`), problemList(errors));
    } catch (error) {
      if (mine === latest) say(mark('bad', sentenceOf(error)));
    }
  }

  async function publish(): Promise<void> {
    const mine = ++latest;
    save.disabled = revert.disabled = text.disabled = true;
    say('Triton loads the model with the new config …');
    try {
      const published = await send<Published>('', PUBLISH_WITHIN_MS);
      if (mine !== latest) return;
      stored = text.value;
      say(...outcome(published));
    } catch (error) {
      if (mine !== latest) return;
      save.disabled = revert.disabled = false;
      say(mark('bad', sentenceOf(error)), problemList(problemsOf(error)));
    } finally {
      text.disabled = false;
      onChange();
    }
  }

  const send = <T>(query: string, deadlineMs?: number) =>
    ask<T>(modelPath(model) + query, {
      method: 'PATCH',
      body: text.value,
      headers: { 'Content-Type': 'application/json' },
      deadlineMs,
    });

  return { open: (name) => void load(name) };
}
