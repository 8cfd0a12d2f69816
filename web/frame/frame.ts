import { byId } from '../element';
import { showReadiness, watchReadiness } from './readiness';
import { startTheme } from './theme';

/** What every page does first: theme switch, state line. Each page's script calls it once. */
export function startFrame(): void {
  startTheme(byId<HTMLButtonElement>('theme'));
  watchReadiness((state) => showReadiness(byId('state'), state));
}
