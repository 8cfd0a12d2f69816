import { element } from '../element';

/** A request by its id: its story is on the page of the log. */
export function requestLink(id: string): HTMLAnchorElement {
  const short = id.length > 9 ? `${id.slice(0, 8)}…` : id;
  const href = `../../logs/#request=${encodeURIComponent(id)}`;
  return element('a', { href, className: 'mono', title: `All lines of request ${id}` }, short);
}
