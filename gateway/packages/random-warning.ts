const SHOWN = 3;

/** A network that was exported as it is in training answers each call otherwise. @param nodes what draws random numbers or learns while it runs */
export function randomWarning(nodes: readonly string[]): string[] {
  if (nodes.length === 0) return [];
  const more = nodes.length > SHOWN ? ` and ${nodes.length - SHOWN} more` : '';
  return [
    `The network draws random numbers or learns while it runs (${nodes.slice(0, SHOWN).join(', ')}${more}): its answers may differ from call to call. Was it exported in training mode? Call model.eval() before the export`,
  ];
}
