import type { Live } from '../../gateway/contract/dashboard';
import { byId, h, mark, showData } from '../dom';
import { bytes, count, duration, exactTime, percent } from '../text';

const MANY_ERRORS = 0.05;

/** The four numbers that answer whether it is healthy. */
export function showFigures({ calls_per_min: calls, p95_ms: p95, error_rate: errors, queue }: Live): void {
  const full = queue.limit > 0 && queue.queued >= queue.limit;
  const figures: [name: string, value: string, about: string | Node][] = [
    ['Calls per minute', count(calls), 'inferences that ended in the last minute'],
    ['95 % are faster than', duration(p95), p95 === null ? 'no call in the last 5 minutes' : 'of the last 5 minutes'],
    ['Errors', percent(errors), errors > MANY_ERRORS ? mark('bad', 'many, of the last 5 minutes') : 'of the last 5 minutes'], // prettier-ignore
    [
      'Queue',
      `${count(queue.queued)} waiting`,
      full ? mark('bad', 'full: more are refused') : `${count(queue.running)} running, ${count(queue.limit)} may wait`,
    ],
  ];
  const shown = figures.map(([name, value, about]) =>
    h('div.figure', h('dt', name), h('dd.value', value), h('dd.about', about)),
  );
  showData(byId('figures'), ...shown);
}

/** The problems there are now, since when, and what to do. */
export function showProblems(problems: Live['problems']): void {
  const place = byId('problems');
  if (problems.length === 0) return showData(place, h('p', mark('good', 'Nothing.')));
  const items = problems.map(({ since, sentence, next_step: next }) =>
    h(
      'li',
      mark('bad', sentence),
      h('p', `${next}.`.replace(/\.\.$/, '.')),
      // Not relative: this place is read aloud whenever it changes.
      h('p.quiet', `since ${exactTime(Date.parse(since))}`),
    ),
  );
  showData(place, h('ul.problems', ...items));
}

/** Jobs by who waits for them, the most urgent first. */
const CLASSES: Record<string, string> = { click: 'Clicks', image: 'Single images', batch: 'Batch jobs' };

/** Sessions, cache, graphics cards, versions. */
export function showServer({
  classes,
  sessions,
  cache,
  gpu,
  versions,
  advisories,
  tensorflow_triton: second,
  uptime_s: uptime,
}: Live): void {
  const asked = cache.hits + cache.misses;
  const found = asked ? `${percent(cache.hits / asked)} of ${count(asked)} found` : 'not asked yet';
  const noCard = 'none that Triton tells of (its metrics need --triton_metrics_url)';
  const facts: [name: string, value: string | Node][] = [
    ...Object.entries(classes).map(([name, { running, queued }]): [string, string] => [
      CLASSES[name] ?? name,
      `${count(running)} running, ${count(queued)} waiting`,
    ]),
    ['Sessions', `${count(sessions.count)}, ${bytes(sessions.bytes)} on disk`],
    ['Cache of prepared images', `${found}, ${bytes(cache.bytes)}`],
    ...(gpu.length ? gpu.map(cardOf) : [noCard]).map((card, at): [string, string | Node] => [
      gpu.length > 1 ? `GPU ${at}` : 'GPU',
      card,
    ]),
    ...Object.entries(versions).map(([name, version]): [string, string] => [
      name[0].toUpperCase() + name.slice(1),
      version ?? 'not known',
    ]),
    ['Known faults of this Triton', faultsOf(advisories)],
    ...(second ? tensorflowFacts(second) : []),
    ['Up for', duration(uptime * 1000)],
  ];
  showData(byId('server'), h('dl.facts', ...facts.flatMap(([name, value]) => [h('dt', name), h('dd', value)])));
}

const tensorflowFacts = ({ url, live, version, advisories }: NonNullable<Live['tensorflow_triton']>) =>
  [
    ['Triton of TensorFlow models', `${live ? (version ?? 'version not known') : 'away'}, ${url}`],
    ['Its known faults', faultsOf(advisories)],
  ] satisfies [string, string | Node][];

function faultsOf(advisories: Live['advisories']): string | Node {
  if (!advisories?.length) return advisories ? 'none' : 'not known';
  const items = advisories.map(({ ids, what, certain, source }) =>
    h('li', h('strong', `${certain ? '' : 'perhaps '}${ids.join(', ')} `), `${what} `, h('span.quiet', source)),
  );
  return h('ul.faults', ...items);
}

function cardOf({ utilisation, memory_used: used, memory_total: total }: Live['gpu'][number]): Node {
  const meter = h('meter', { min: 0, max: 1, value: total > 0 ? used / total : 0, ariaLabel: 'Memory in use' });
  return h('span', `${percent(utilisation)} busy, `, meter, ` ${bytes(used)} of ${bytes(total)}`);
}
