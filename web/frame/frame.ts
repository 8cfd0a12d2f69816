import { byId } from '../dom';
import { showReadiness } from './readiness';
import { startTheme } from './theme';

/** The start of every page: theme switch, state line. Each page's script calls it once. */
export function startFrame(): void {
  startTheme(byId<HTMLButtonElement>('theme'));
  showReadiness(byId('state'));
}
