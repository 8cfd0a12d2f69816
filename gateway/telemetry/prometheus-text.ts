/** One line of Prometheus' text format. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Reads Prometheus' text exposition format 0.0.4; comments, and lines that are none of it, are left out. */
export function parsePrometheusText(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, , labels = '', value] = /^([A-Za-z_:][\w:]*)(\{(.*)\})?\s+(\S+)/.exec(line) ?? [];
    if (!name) return [];
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
    return [
      {
        name,
        labels: Object.fromEntries(pairs.map(([, key, text]) => [key, text.replace(/\\(.)/g, '$1')])),
        value: Number(value),
      },
    ];
  });
}
