/** Why a text is no JSON, with line and column; undefined when it is. */
export function jsonProblem(text: string): string | undefined {
  if (text.trim() === '') return 'The config is empty.';
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const { message } = error as SyntaxError;
    const reason = message
      .replace(/\s*(in JSON )?at (position|line) .*$|^JSON\.parse: /gs, '')
      .replace(/, "?\.\.\..*$/s, '');
    const [line, column] = placeOf(message, text);
    return `This is not JSON at line ${line}, column ${column}: ${reason}.`;
  }
}

/** Browsers say where in different words: `at position 12`, or `at line 2 column 3`. */
function placeOf(message: string, text: string): [line: number, column: number] {
  const place = /line (\d+) column (\d+)/.exec(message);
  if (place) return [Number(place[1]), Number(place[2])];
  const position = /position (\d+)/.exec(message);
  const before = text.slice(0, position ? Number(position[1]) : text.length);
  return [before.split('\n').length, before.length - before.lastIndexOf('\n')];
}
