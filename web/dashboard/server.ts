import { byId, element } from '../element';
import { showData } from '../states/states';
import { bytes, count, duration, percent } from '../text/numbers';
import type { Live } from './data';

/** Sessions, cache, graphics cards, versions. */
export function showServer({ sessions, cache, gpu, versions, uptime_s: uptime }: Live): void {
  const asked = cache.hits + cache.misses;
  const cards = gpu.length ? gpu.map(cardOf) : ['none that Triton tells of (its metrics need --triton_metrics_url)'];
  showData(
    byId('server'),
    element(
      'dl',
      { className: 'facts' },
      ...fact('Sessions', `${count(sessions.count)}, ${bytes(sessions.bytes)} on disk`),
      ...fact(
        'Cache of prepared images',
        asked
          ? `${percent(cache.hits / asked)} of ${count(asked)} found, ${bytes(cache.bytes)}`
          : `not asked yet, ${bytes(cache.bytes)}`,
      ),
      ...cards.flatMap((card, at) => fact(cards.length > 1 ? `GPU ${at}` : 'GPU', card)),
      ...Object.entries(versions).flatMap(([name, version]) => fact(titled(name), version ?? 'not known')),
      ...fact('Up for', duration(uptime * 1000)),
    ),
  );
}

function cardOf({ utilisation, memory_used: used, memory_total: total }: Live['gpu'][number]): Node {
  const meter = element('meter', { min: 0, max: 1, value: total > 0 ? used / total : 0, ariaLabel: 'Memory in use' });
  return element('span', {}, `${percent(utilisation)} busy, `, meter, ` ${bytes(used)} of ${bytes(total)}`);
}

function fact(name: string, value: string | Node): HTMLElement[] {
  return [element('dt', {}, name), element('dd', {}, value)];
}

function titled(name: string): string {
  return name[0].toUpperCase() + name.slice(1);
}
