import { element } from '../element';
import type { ClientGuide } from './clients';

/** One tab per client, as the ARIA practices have tabs: arrows, Home and End move, one tab is in the tab order. */
export function clientTabs(guides: readonly ClientGuide[]): DocumentFragment {
  const list = element('div', { role: 'tablist', ariaLabel: 'Clients' });
  const tabs = guides.map(({ name }, at) => {
    const tab = element('button', { type: 'button', role: 'tab', id: `tab-${at}` }, name);
    tab.setAttribute('aria-controls', `panel-${at}`);
    return tab;
  });
  const panels = guides.map((guide, at) => {
    const panel = element('div', { role: 'tabpanel', id: `panel-${at}`, tabIndex: 0 }, ...contentOf(guide));
    panel.setAttribute('aria-labelledby', `tab-${at}`);
    return panel;
  });
  const select = (chosen: number) => {
    tabs.forEach((tab, at) => {
      tab.ariaSelected = String(at === chosen);
      tab.tabIndex = at === chosen ? 0 : -1;
      panels[at].hidden = at !== chosen;
    });
  };
  tabs.forEach((tab, at) => tab.addEventListener('click', () => select(at)));
  list.addEventListener('keydown', (event) => {
    const at = tabs.indexOf(event.target as HTMLButtonElement);
    const last = tabs.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[
      event.key
    ];
    if (next === undefined) return;
    event.preventDefault();
    select(next);
    tabs[next].focus();
  });
  select(0);
  list.append(...tabs);
  const fragment = document.createDocumentFragment();
  fragment.append(list, ...panels);
  return fragment;
}

function contentOf({ steps, code }: ClientGuide): Node[] {
  const list =
    steps.length > 1 ? element('ol', {}, ...steps.map((step) => element('li', {}, step))) : element('p', {}, ...steps);
  return code === undefined ? [list] : [list, element('pre', { tabIndex: 0 }, element('code', {}, code))];
}
