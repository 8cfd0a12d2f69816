import { element } from '../element';
import { count } from '../text/numbers';
import { timeElement } from '../text/times';
import type { ErrorLine } from './data';
import { tableIn } from './place';
import { requestLink } from './request-link';

export const showErrors = tableIn<ErrorLine>(
  'errors',
  {
    label: 'Errors with the sentence of the last one',
    key: ({ code, status }) => `${code} ${status}`,
    columns: [
      { name: 'Times', numeric: true, cell: (error) => count(error.count), sort: (error) => error.count },
      {
        name: 'Code',
        cell: ({ code, status }) => element('span', { className: 'mono' }, `${status} ${code}`),
        sort: ({ code }) => code,
      },
      {
        name: 'What clients were told last',
        cell: ({ message }) => element('span', { className: 'sentence' }, message),
      },
      { name: 'Last', cell: ({ last }) => timeElement(Date.parse(last)), sort: ({ last }) => last },
      { name: 'Request', cell: ({ request }) => requestLink(request) },
    ],
  },
  ['No error in this time.', ''],
);
