import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const AFTER_FAILURE_MS = 100;

/**
 * Clients that each send the same image again as soon as they have their mask, from addresses of their own (127.0.1.1, 127.0.1.2, …), for `ms`.
 * @param {{ type: string, bytes: Buffer }} body
 * @returns {Promise<{ client: number, at: number, ms: number, status: number, mask?: Buffer }[]>} one for each answer, `at` when it came;
 *   status 0 where the connection was cut or refused
 */
export async function infer({ port, model, body, clients, ms }) {
  const answers = [];
  const end = performance.now() + ms;
  const run = async (client) => {
    const agent = new Agent({ keepAlive: true, localAddress: `127.0.1.${client + 1}` });
    while (performance.now() < end) {
      const began = performance.now();
      const { status, mask } = await send(port, model, body, agent).catch(() => ({ status: 0 }));
      const at = performance.now();
      answers.push({ client, at, ms: at - began, status, mask });
      if (status !== 200) await sleep(AFTER_FAILURE_MS);
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => run(client)));
  return answers;
}

function send(port, model, { type, bytes }, agent) {
  const headers = { 'content-type': type, 'content-length': bytes.length };
  const path = `/v1/segmentation?model=${model}&output=image`;
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path, headers, agent }, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk)).once('error', reject);
      answer.once('end', () => resolve({ status: answer.statusCode, mask: Buffer.concat(chunks) }));
    });
    sent.once('error', reject).end(bytes);
  });
}
