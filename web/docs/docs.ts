import { startFrame } from '../frame/frame';
import { currentTheme, onThemeChange } from '../frame/theme';

/** Of the package swagger-ui-dist, which is a script and no module. */
declare const SwaggerUIBundle: (options: Record<string, unknown>) => unknown;

const showTheme = () => document.documentElement.classList.toggle('dark-mode', currentTheme() === 'dark');
onThemeChange(showTheme);
startFrame();

// A validator elsewhere would be told of this server; the service of one's own needs none.
SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#api',
  deepLinking: true,
  validatorUrl: null,
  docExpansion: 'list',
  defaultModelsExpandDepth: -1,
});
