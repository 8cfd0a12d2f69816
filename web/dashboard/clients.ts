import { count, duration } from '../text/numbers';
import { timeElement } from '../text/times';
import type { ClientLine } from './data';
import { tableIn } from './place';

export const showClients = tableIn<ClientLine>(
  'clients',
  {
    label: 'Who calls',
    key: ({ client, agent }) => `${client} ${agent}`,
    columns: [
      { name: 'Address', cell: ({ client }) => client, sort: ({ client }) => client },
      { name: 'Program', cell: ({ agent }) => agent, sort: ({ agent }) => agent },
      { name: 'Calls', numeric: true, cell: ({ hits }) => count(hits), sort: ({ hits }) => hits },
      { name: 'Median', numeric: true, cell: ({ median_ms: ms }) => duration(ms), sort: ({ median_ms: ms }) => ms },
      { name: 'Errors', numeric: true, cell: ({ errors }) => count(errors), sort: ({ errors }) => errors },
      { name: 'Last call', cell: ({ last }) => timeElement(Date.parse(last)), sort: ({ last }) => last },
    ],
  },
  ['No client called in this time.', 'The start page shows how one is connected.'],
);
