import { z } from 'zod';
import { fail } from '../../errors';
import { withoutMark } from '../../text';

const segment = '[A-Za-z0-9][A-Za-z0-9._-]{0,127}';

const pathText = 'expected "org/team/name", for example "nvidia/med/clara_ct_seg_spleen_amp"';
const versionText = 'expected a version, for example "1"';

const schema = z.strictObject({
  path: z.string(pathText).regex(new RegExp(`^${segment}(/${segment}){1,2}$`), pathText),
  version: z
    .union([z.string(), z.number()], versionText)
    .transform(String)
    .pipe(z.string().regex(new RegExp(`^${segment}$`), versionText)),
  sha256: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, 'expected 64 hexadecimal digits')
    .transform((digits) => digits.toLowerCase())
    .optional(),
});

/** A model in NGC's catalogue, as AIAA's clients name it: `org/team/name` or `org/name`, and what the archive must hash to, in hex. */
export type NgcRequest = z.output<typeof schema>;

/** Reads `{"path": "nvidia/med/…", "version": "1"}`. @throws BAD_PARAMS naming the key that is wrong */
export function parseNgcRequest(text: string): NgcRequest {
  let value: unknown;
  try {
    value = JSON.parse(withoutMark(text));
  } catch (cause) {
    throw fail('BAD_PARAMS', { what: 'the request for a model of NGC is not JSON: {"path": "org/team/name", "version": "1"}' }, { cause }); // prettier-ignore
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const where =
    path.length > 0 ? `${path.join('.')} of the request for a model of NGC` : 'the request for a model of NGC';
  throw fail('BAD_PARAMS', { what: `${where}: ${message}` });
}

/** Where NGC gives the archive of a version: `GET <base>/v2/models/<org>/<team>/<name>/versions/<version>/zip`. */
export function archiveUrl(base: string, { path, version }: NgcRequest): string {
  return `${base.replace(/\/+$/, '')}/v2/models/${path}/versions/${encodeURIComponent(version)}/zip`;
}
