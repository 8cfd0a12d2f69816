const KEY = 'theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const listeners: (() => void)[] = [];

/** The theme on screen: the reader's choice, else the system's preference. */
export function currentTheme(): 'light' | 'dark' {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return system.matches ? 'dark' : 'light';
}

/** The value of a variable of theme.css, for canvases: `themeColour('--accent')`. */
export function themeColour(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Calls `draw` whenever the colours changed; canvases do not change by themselves. */
export function onThemeChange(draw: () => void): void {
  listeners.push(draw);
}

/** @param button switches, and is named after what it switches to */
export function startTheme(button: HTMLButtonElement): void {
  const show = () => {
    button.textContent = currentTheme() === 'dark' ? 'Light' : 'Dark';
    for (const draw of listeners) draw();
  };
  button.addEventListener('click', () => {
    const other = currentTheme() === 'dark' ? 'light' : 'dark';
    localStorage.setItem(KEY, other);
    document.documentElement.dataset.theme = other;
    show();
  });
  system.addEventListener('change', show);
  show();
}
