import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.join(__dirname, '../../..');
const cache = process.env.AIAA_CACHE || path.join(root, '.cache');

/** Releases of nninteractive-client that `npm test` installs for the Python of Triton; the older one finds what it needs beside the newer one. */
export const clientReleases = ['2.6', '2.5'];
const folderOf = (release: string) => path.join(cache, `nninteractive-${release}`);
const python = path.join(cache, 'triton-local/venv/bin/python3');
export const hasClient = (release: string): boolean => existsSync(path.join(folderOf(release), 'installed.txt'));

export type ClientStep = [name: string, args: Record<string, unknown>];

/** What the client said of a step, and its mask after it. */
export interface ClientLine {
  step: string;
  answer?: unknown;
  box?: unknown;
  shape?: number[];
  supported?: Record<string, boolean>;
  error?: string;
  text?: string;
  sum?: number;
  sha256?: string;
}

/** Runs steps with the real client, in one session. */
export async function runClient(release: string, url: string, steps: readonly ClientStep[]): Promise<ClientLine[]> {
  const program = path.join(root, 'tests/golden/nninteractive_session.py');
  const env = { ...process.env, PYTHONPATH: [release, clientReleases[0]].map(folderOf).join(path.delimiter) };
  const { stdout } = await promisify(execFile)(python, [program, url, JSON.stringify(steps)], { env });
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as ClientLine); // prettier-ignore
}

/** An answer: its meta facts, and the array in it. */
export interface RawAnswer {
  status: number;
  json?: Record<string, unknown>;
  meta?: { ran_prediction: boolean; bbox: [number, number][] | null };
  body: Buffer;
}

/** The requests of the client without the client, on one connection or on a new one each. */
export class RawClient {
  private lease = '';
  private readonly agent: Agent;

  constructor(
    private readonly url: string,
    private readonly options: { keepAlive?: boolean; key?: string } = {},
  ) {
    this.agent = new Agent({ keepAlive: options.keepAlive ?? true, maxSockets: 1 });
  }

  async open(image: Buffer, shape: readonly number[], spacing: readonly number[]): Promise<void> {
    const claim = await this.post('/claim');
    this.lease = String(claim.json!.lease_token);
    const { status, body } = await this.post('/set_image', image, { image_properties: { spacing } });
    if (status !== 200) throw new Error(body.toString());
    await this.post('/set_target_buffer', { shape, dtype: 'uint8' });
  }

  click(coordinates: number[], include_interaction = true): Promise<RawAnswer> {
    return this.post('/add_point_interaction', { coordinates, include_interaction });
  }

  async post(path: string, content?: object, meta?: object): Promise<RawAnswer> {
    const isArray = Buffer.isBuffer(content);
    const sent = request(`${this.url}${path}`, {
      method: 'POST',
      agent: this.agent,
      headers: {
        'x-lease-token': this.lease,
        ...(this.options.key && { authorization: `Bearer ${this.options.key}` }),
        ...(content && { 'content-type': isArray ? 'application/octet-stream' : 'application/json' }),
        ...(meta && { 'x-meta': JSON.stringify(meta) }),
      },
    });
    sent.end(isArray ? content : content && JSON.stringify(content));
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const body = Buffer.concat(await answer.toArray());
    const { 'x-meta': told, 'content-type': type } = answer.headers;
    return {
      status: answer.statusCode!,
      body,
      ...(type?.includes('json') && { json: JSON.parse(body.toString()) }),
      ...(told && { meta: JSON.parse(String(told)) }),
    };
  }

  close(): void {
    this.agent.destroy();
  }
}
