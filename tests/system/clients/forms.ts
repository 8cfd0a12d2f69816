import { multipartBody, sendRaw, type Part, type RawAnswer } from '../raw-http';

const CRLF = '\r\n';

/** The field `params`. The Python and C++ clients give it no Content-Type. */
export const params = (value: unknown): Part => [
  ['Content-Disposition: form-data; name="params"'],
  typeof value === 'string' ? value : JSON.stringify(value),
];

/** A file part; the name is written as it is, quotes and all. */
export const file = (field: string, name: string, content: Buffer, type = 'application/octet-stream'): Part => [
  [`Content-Disposition: form-data; name="${field}"; filename="${name}"`, `Content-Type: ${type}`],
  content,
];

/** One call of a client: sends the bytes that this client sends. */
export type Call = (url: string, method: string, selector: string, parts?: Part[]) => Promise<RawAnswer>;

function call(version: string, type: (boundary: string) => string, boundary: () => string, end: string, headers: string[]): Call {
  return (url, method, selector, parts) => {
    const { host, pathname } = new URL(url);
    const head = [`${method} ${pathname.replace(/\/$/, '')}${selector} ${version}`, `Host: ${host}`, ...headers];
    if (!parts) return sendRaw(url, head);
    const mark = boundary();
    const body = multipartBody(mark, parts, end);
    return sendRaw(url, [...head, `Content-Type: ${type(mark)}`, `Content-Length: ${body.length}`], body);
  };
} // prettier-ignore

/** `http.client` as the AIAA Python client drives it: `$` in a fixed boundary, an empty line after the end. */
export const python = call(
  'HTTP/1.1',
  (boundary) => `multipart/form-data; boundary=${boundary}`,
  () => '----------lImIt_of_THE_fIle_eW_$',
  CRLF + CRLF,
  ['Accept-Encoding: identity', 'Connection: close'],
);

let count = 0;

/** Poco: HTTP/1.0, quoted boundary, a new one for every call. GET and DELETE are HTTP/1.1. */
const pocoForm = call(
  'HTTP/1.0',
  (boundary) => `multipart/form-data; boundary="${boundary}"`,
  () => `MIME_boundary_${(0xa1b2c3d4e5f60718n + BigInt(count++)).toString(16).toUpperCase()}`,
  CRLF,
  ['Connection: Close'],
);
const pocoPlain = call('HTTP/1.1', String, String, '', ['Connection: close']);
export const poco: Call = (url, method, selector, parts) =>
  (parts ? pocoForm : pocoPlain)(url, method, selector, parts);

/** Of the viewers. */
export const ORIGIN = 'http://viewer.example:3000';

/** A browser's page on another origin. */
export const browser = (...headers: string[]): Call =>
  call(
    'HTTP/1.1',
    (boundary) => `multipart/form-data; boundary=${boundary}`,
    () => '----WebKitFormBoundary7MA4YWxkTrZu0gW',
    CRLF,
    [`Origin: ${ORIGIN}`, 'Accept-Encoding: gzip, deflate', 'Connection: close', ...headers],
  );

/** What all inference answers have in common: length, no coding, and a type the native parsers know. */
export function expectPlainMultipart({ status, headers, body }: RawAnswer): void {
  expect({ status, error: status === 200 ? '' : body.toString() }).toEqual({ status: 200, error: '' });
  expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=\w{1,70}$/);
  expect(Number(headers['content-length'])).toBe(body.length);
  expect(headers).not.toHaveProperty('transfer-encoding');
  expect(headers).not.toHaveProperty('content-encoding');
}
