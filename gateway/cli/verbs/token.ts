import { makeToken, revokeToken, tokenNames } from '../../access/tokens';
import { UsageError } from '../../flags';
import type { Verb } from '../verb';

const asUsage = (error: Error): never => {
  throw new UsageError(error.message);
};

export const token: Verb = {
  name: 'token',
  usage: ['make NAME', 'list', 'revoke NAME'],
  operands: [1, 2],
  words: ['make', 'list', 'revoke'],
  summary: 'makes, lists and revokes the access tokens (API keys) of interactive clients',
  details: [
    'Once one was made, clients of nnInteractive need one. A token is shown once; its hash is kept in <workspace>/users.json.',
    'A running server knows of it at once.',
  ],
  async run({ operands: [action, name], workspace, terminal }) {
    if (action === 'list' && name === undefined) {
      const names = await tokenNames(workspace).catch(asUsage);
      const none = names ? 'There is no token left: no interactive client gets in.' : 'No token was made: everybody gets in.';
      return terminal.result({ tokens: names ?? null }, names?.length ? names : [none]);
    }
    if (name === undefined || !['make', 'revoke'].includes(action))
      throw new UsageError('usage: aiaa-gateway token make NAME, token list, or token revoke NAME');
    if (action === 'make') {
      const made = await makeToken(workspace, name).catch(asUsage);
      return terminal.result({ name, token: made }, [made, `This is the token of ${name}, shown this once; clients call it API key.`]);
    }
    const left = await revokeToken(workspace, name).catch(asUsage);
    const none = left === 0 ? ['No token is left, and no interactive client gets in; to let everybody in, take "tokens" out of users.json.'] : [];
    return terminal.result({ name, left }, [`The token of ${name} is revoked.`, ...none]);
  },
}; // prettier-ignore
