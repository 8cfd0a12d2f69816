import { element } from '../element';
import { stageBar } from '../stages/stages';
import { duration } from '../text/numbers';
import { timeElement } from '../text/times';
import type { SlowRequest } from './data';
import { tableIn } from './place';
import { requestLink } from './request-link';

let longest = 0;

const show = tableIn<SlowRequest>(
  'slowest',
  {
    label: 'The slowest requests with their stages',
    key: ({ request, time }) => `${request} ${time}`,
    columns: [
      { name: 'Took', numeric: true, cell: ({ ms }) => duration(ms), sort: ({ ms }) => ms },
      { name: 'Stages', cell: ({ stages }) => stageBar(stages, longest) },
      {
        name: 'Model',
        cell: ({ model, endpoint }) => element('span', { className: 'mono', title: endpoint }, model ?? endpoint),
      },
      { name: 'Status', numeric: true, cell: ({ status }) => String(status), sort: ({ status }) => status },
      { name: 'Client', cell: ({ client }) => client, sort: ({ client }) => client },
      { name: 'When', cell: ({ time }) => timeElement(Date.parse(time)), sort: ({ time }) => time },
      { name: 'Request', cell: ({ request }) => requestLink(request) },
    ],
  },
  ['No call in this time.', 'Choose a longer history.'],
);

export function showSlowest(requests: readonly SlowRequest[]): void {
  longest = Math.max(0, ...requests.map(({ ms }) => ms));
  show(requests);
}
