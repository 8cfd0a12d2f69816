import { button, h } from '../dom';

/** How to connect one client: steps in the words of its own menus. */
interface ClientGuide {
  name: string;
  steps: string[];
  /** Text to type, where there is some. */
  code?: string;
}

function clientGuides(server: string, model: string): ClientGuide[] {
  const secure = server.startsWith('https:');
  return [
    {
      name: '3D Slicer',
      steps: [
        'Install the extension NvidiaAIAssistedAnnotation in the Extensions Manager and restart Slicer.',
        'Load an image and open the module Segment Editor.',
        `Choose the effect Nvidia AIAA and enter ${server} as NVIDIA AIAA server.`,
        'Choose a model and press Start.',
      ],
    },
    {
      name: 'MITK',
      steps: [
        'Open Window → Preferences → NVIDIA AIAA.',
        secure
          ? 'MITK speaks plain http only: enter the http URL that the operator gave this server beside this one.'
          : `Enter ${server} as server and close the preferences.`,
        'Open the segmentation view and choose a tool of NVIDIA AIAA.',
        'No models? Name the label as the model does (spleen), or switch the filter by label off.',
      ],
    },
    {
      name: 'OHIF',
      steps: [
        'In the viewer with the NVIDIA AIAA extension open the panel AIAA.',
        `Enter ${server}/ as server URL: with the slash at its end.`,
        'The server’s operator has to name the viewer’s own address with --cors_origins, or serve both by one nginx (deploy/nginx), and the PACS with --pacs_hosts.',
      ],
    },
    {
      name: 'XNAT',
      steps: [
        'As an administrator open the AIAA settings of the OHIF viewer plug-in, for the site or for a project.',
        `Add ${new URL(server).origin} as server: host and port only, without a path.`,
        'The server’s operator has to name the address of XNAT with --cors_origins.',
      ],
    },
    {
      name: 'Python',
      steps: ['Take client_api.py of NVIDIA’s ai-assisted-annotation-client (Python up to 3.12).'],
      code: [
        'import client_api',
        `client = client_api.AIAAClient('${server}')`,
        'print(client.model_list())',
        `client.segmentation(model='${model}', image_in='ct.nii.gz', image_out='mask.nii.gz')`,
      ].join('\n'),
    },
    {
      name: 'curl',
      steps: ['Send an image, get its mask.'],
      code: `curl -F params={} -F image=@ct.nii.gz \\\n  "${server}/v1/segmentation?model=${model}&output=image" -o mask.nii.gz`,
    },
  ];
}

/**
 * One tab per client, as the ARIA practices have tabs: arrows, Home and End move, one tab is in the tab order.
 * @param server the URL to paste @param model a model to call in the examples
 */
export function clientTabs(server: string, model: string): HTMLElement[] {
  const guides = clientGuides(server, model);
  const tabs = guides.map(({ name }, at) => {
    const tab = button(name, () => select(at), { role: 'tab', id: `tab-${at}` });
    tab.setAttribute('aria-controls', `panel-${at}`);
    return tab;
  });
  const panels = guides.map((guide, at) => {
    const panel = h('div', { role: 'tabpanel', id: `panel-${at}`, tabIndex: 0 }, ...contentOf(guide));
    panel.setAttribute('aria-labelledby', `tab-${at}`);
    return panel;
  });
  const select = (chosen: number) =>
    tabs.forEach((tab, at) => {
      tab.ariaSelected = String(at === chosen);
      tab.tabIndex = at === chosen ? 0 : -1;
      panels[at].hidden = at !== chosen;
    });
  const move = (event: KeyboardEvent) => {
    const at = tabs.indexOf(event.target as HTMLButtonElement);
    const all = tabs.length;
    const keys: Record<string, number> = { ArrowRight: (at + 1) % all, ArrowLeft: (at + all - 1) % all, Home: 0, End: all - 1 }; // prettier-ignore
    const next = keys[event.key];
    if (next === undefined) return;
    event.preventDefault();
    select(next);
    tabs[next].focus();
  };
  select(0);
  return [h('div', { role: 'tablist', ariaLabel: 'Clients', onkeydown: move }, ...tabs), ...panels];
}

function contentOf({ steps, code }: ClientGuide): Node[] {
  const list = steps.length > 1 ? h('ol', ...steps.map((step) => h('li', step))) : h('p', ...steps);
  return code === undefined ? [list] : [list, h('pre', { tabIndex: 0 }, h('code', code))];
}
