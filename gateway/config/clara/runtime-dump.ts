import { isRecord } from '../findings';
import type { Reading } from '../reading';

/** Keys that AIAA itself added when it stored a model. */
const runtimeKey = /^(format|path|name|inference_\w+)$/;

const copied = ['batch_size', 'roi', 'scanning_window', 'padding', 'image', 'image_format', 'channel_first'];

/**
 * AIAA's own stored form, `{ "<model>": { ..., "inference": {...} } }`, unwrapped to the config inside; any other value as it is.
 * Runtime keys go, except where `inference` leaves out what they repeat.
 */
export function unwrapRuntimeDump(config: unknown, { name, findings }: Reading): unknown {
  if (!isRecord(config) || 'inference' in config) return config;
  const models = Object.entries(config);
  if (models.length === 0 || !models.every(([, model]) => isRecord(model) && isRecord(model.inference))) return config;
  const [key, model] = models.find(([stored]) => stored === name) ?? models[0];
  if (models.length > 1 && key !== name) {
    const names = models.map(([stored]) => stored).join(', ');
    const expected = `the config of one model; this is a dump of ${models.length} (${names}), none called "${name}"`;
    findings.add([], Object.keys(config), expected);
  }
  findings.warn(`The config is a dump of AIAA's own model list; the entry "${key}" was taken from it`);
  const stored = model as Record<string, unknown>;
  const inference = { ...(stored.inference as Record<string, unknown>) };
  for (const part of copied) inference[part] ??= stored[`inference_${part}`];
  return { ...Object.fromEntries(Object.entries(stored).filter(([part]) => !runtimeKey.test(part))), inference };
}
