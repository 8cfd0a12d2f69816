import type { Call, Verb } from '../verb';

export const deleteModel: Verb = {
  name: 'delete',
  usage: ['NAME'],
  operands: [1, 1],
  summary: 'takes a model away, with all its versions, when running calls are done',
  timeoutSeconds: 900,
  run: runDelete,
};

async function runDelete({ operands: [name], server, terminal }: Call): Promise<void> {
  const answer = await server.json<{ removed: string }>('DELETE', `/admin/model/${encodeURIComponent(name)}`);
  terminal.result(answer, [`deleted ${answer.removed}`]);
}
