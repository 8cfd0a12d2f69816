import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];

/**
 * A server that answers one request after the other as told, the last answer for ever.
 * @param headers of the requests that are noted beside their URLs
 */
export async function answerInTurn(headers: readonly string[], ...answers: Answer[]) {
  const requests: Record<string, string | undefined>[] = [];
  const server = createServer((request, response) => {
    const noted = headers.map((name) => [name, request.headers[name] as string | undefined]);
    requests.push({ url: request.url, ...(Object.fromEntries(noted) as Record<string, string | undefined>) });
    answers[Math.min(requests.length, answers.length) - 1](request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** After each test: ends all of them, and what they answer. */
export function closeAnswering(): void {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
}
