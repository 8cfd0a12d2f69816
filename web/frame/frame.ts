import { byId } from '../element';
import { startKeys } from './keys';
import { showReadiness, watchReadiness } from './readiness';
import { startTheme } from './theme';

/** What every page does first: theme switch, keys, state line. Each page's script calls it once. */
export function startFrame(): void {
  startTheme(byId<HTMLButtonElement>('theme'));
  startKeys();
  watchReadiness((state) => showReadiness(byId('state'), state));
}
