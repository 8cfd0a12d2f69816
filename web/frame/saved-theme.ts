// Before the first paint, so that a page does not flash in the other colours: the only script that blocks.
const chosen = localStorage.getItem('theme');
if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
