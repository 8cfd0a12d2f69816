import { connect } from 'node:net';

export interface RawAnswer {
  status: number;
  /** Reason phrase of the status line. */
  reason: string;
  /** Header lines as they came, names in lower case. */
  headers: Record<string, string>;
  body: Buffer;
}

const CRLF = '\r\n';

/** Sends exactly these bytes over a socket and reads until the server closes: what a library would tidy up stays as it is. */
export async function sendRaw(
  url: string,
  head: string[],
  body: Buffer = Buffer.alloc(0),
  signal?: AbortSignal,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, signal });
  socket.write(Buffer.concat([Buffer.from([...head, '', ''].join(CRLF)), body]));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  const all = Buffer.concat(chunks);
  const end = all.indexOf(CRLF + CRLF);
  const [start, ...lines] = all.toString('latin1', 0, end).split(CRLF);
  const [, status, reason] = /^HTTP\/1\.[01] (\d+) ?(.*)$/.exec(start)!;
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(status), reason, headers, body: all.subarray(end + 4) };
}

/** A POST whose body is all there; the connection closes after the answer. */
export function post(url: string, path: string, type: string, body: Buffer, version = 'HTTP/1.1'): Promise<RawAnswer> {
  const head = [`POST ${path} ${version}`, `Host: ${new URL(url).host}`, 'Connection: Close'];
  return sendRaw(url, [...head, `Content-Type: ${type}`, `Content-Length: ${body.length}`], body);
}

/** One part of a hand-written body: its header lines, then its content. */
export type Part = [header: string[], content: Buffer | string];

/** A multipart body put together as clients do by hand. */
export function multipartBody(boundary: string, parts: Part[], end = CRLF): Buffer {
  const written = parts.map(([header, content]) =>
    Buffer.concat([
      Buffer.from([`--${boundary}`, ...header, '', ''].join(CRLF)),
      Buffer.from(content),
      Buffer.from(CRLF),
    ]),
  );
  return Buffer.concat([...written, Buffer.from(`--${boundary}--${end}`)]);
}
