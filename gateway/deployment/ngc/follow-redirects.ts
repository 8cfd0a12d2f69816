import { fail } from '../../errors';

const MAX_REDIRECTS = 5;

/**
 * GET that follows redirects by itself, because the secret must stay with the host it is for: object stores, to which NGC redirects, refuse
 * a second authorization besides the signed URL, and no one else may learn the key.
 * @throws DOWNLOAD_FAILED for too many redirects or one to something that is not as safe as the first URL
 */
export async function followRedirects(
  first: string,
  headers: Record<string, string>,
  secret: Record<string, string> | undefined,
  signal: AbortSignal,
): Promise<Response> {
  const { origin, protocol } = new URL(first);
  let url = new URL(first);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await fetch(url, {
      headers: { ...headers, ...(url.origin === origin ? secret : undefined) },
      redirect: 'manual',
      signal,
    });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || !location) return response;
    await response.body?.cancel();
    url = new URL(location, url);
    const safe = url.protocol === 'https:' || (url.protocol === 'http:' && protocol === 'http:');
    if (!safe) throw fail('DOWNLOAD_FAILED', { url: first, what: `it redirects to ${url.protocol}//${url.host}, which is not encrypted` }); // prettier-ignore
  }
  throw fail('DOWNLOAD_FAILED', { url: first, what: `it redirects more than ${MAX_REDIRECTS} times` });
}
