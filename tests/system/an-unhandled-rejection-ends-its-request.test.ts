import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

const dist = path.join(__dirname, '../../dist');

/** A process with three endpoints: one loses an error and answers, one loses it and never answers, one is well. */
const program = `
  const express = require('express');
  const { beginRun } = require('${dist}/http/middleware/request-run.js');
  const { errorHandler } = require('${dist}/http/middleware/error-handler.js');
  const { surviveRejections } = require('${dist}/telemetry/unhandled.js');
  const { currentRequest } = require('${dist}/telemetry/logger.js');
  const say = (facts) => console.log(JSON.stringify({ request: currentRequest()?.id, ...facts }));
  const logger = { log: () => {}, warn: () => {}, error: (message, facts) => say({ message, ...facts }) };
  surviveRejections(logger);
  const later = async (what) => { await new Promise((done) => setTimeout(done, 5)); throw new Error(what); };
  const app = express();
  app.use(beginRun(logger));
  app.get('/answers', (request, response) => { void later('lost by answers'); response.json({ fine: true }); });
  app.get('/hangs', () => void later('lost by hangs'));
  app.get('/fine', (request, response) => response.json({ fine: true }));
  app.use(errorHandler(logger));
  void Promise.reject(new Error('lost by nobody'));
  const server = app.listen(0, '127.0.0.1', () => say({ message: 'listening', port: server.address().port }));
`;

test('an error that nobody handles is logged with its request, ends that one alone, and the process goes on', async () => {
  const child = spawn(process.execPath, ['-e', program], { cwd: path.join(dist, '..'), stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
  try {
    const lines: { message: string; port: number; request?: string; reason?: string }[] = [];
    const output = createInterface(child.stdout).on('line', (line) =>
      lines.push(JSON.parse(line) as (typeof lines)[0]),
    );
    const told = async (isIt: (line: (typeof lines)[0]) => boolean) => {
      while (!lines.some(isIt)) await once(output, 'line');
      return lines.find(isIt)!;
    };
    const { port } = await told(({ message }) => message === 'listening');
    const ask = async (name: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}/${name}`, { headers: { 'x-request-id': `id-of-${name}` } });
      return { status: answer.status, body: (await answer.json()) as { error?: object } };
    };
    expect(await ask('hangs')).toMatchObject({
      status: 500,
      body: { error: { code: 'INTERNAL', message: ['lost by hangs'], request_id: 'id-of-hangs' } },
    });
    expect(await ask('answers')).toEqual({ status: 200, body: { fine: true } });
    for (const id of ['id-of-hangs', 'id-of-answers', undefined])
      await told(({ message, request }) => message.startsWith('an error was not handled') && request === id);
    expect(await ask('fine')).toEqual({ status: 200, body: { fine: true } });
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});
