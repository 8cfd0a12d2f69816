import type { ModelEntry } from '../../gateway/contract/models';
import { byId, mark } from '../dom';
import { startCopyButtons, startFrame } from '../frame/frame';
import { AskError, serverRoot } from '../server/ask';
import { duration } from '../text';
import { startImageSource, startModelChoice, type ChosenImage } from './choices';
import { curlText, pythonText } from './commands';
import { labelTable } from './labels';
import type { Mark } from './marks';
import { Picture } from './picture';
import { paramsOf, Points, promptOf } from './points';
import { callModel, closeSession, openImage, openSession, stageTimes, type RunResult } from './run';
import { jobSentence, showProblem, showRest, showStep, showWarnings } from './status';
import type { Viewer } from './viewer';

const server = serverRoot().replace(/\/$/, '');

let model: ModelEntry | undefined;
let image: ChosenImage | undefined;
let session: string | undefined;
let viewer: Viewer | undefined;
/** Of the image; those of a mask have them too. */
let imageWarnings: readonly string[] = [];
/** Of the image that is being opened. */
let opening: AbortController | undefined;
/** Of the model that is being run. */
let running: AbortController | undefined;
/** A click came while the model computed. */
let again = false;

startFrame();
startCopyButtons();
const picture = new Picture(
  () => model?.labels ?? [],
  (voxel) => points.add(voxel),
);
const points: Points = new Points({ onChange: pointsChanged, onLook: (voxel) => viewer?.moveTo(voxel) });
startModelChoice(useModel);
void startImageSource((chosen) => void useImage(chosen));
byId('run').onclick = () => void runModel();
byId('cancel').onclick = cancel;
addEventListener('pagehide', () => session && closeSession(session));

function useModel(chosen: ModelEntry | undefined): void {
  model = chosen;
  forgetResult();
  if (!opening && !running) showRest();
  if (model) points.use(promptOf(model));
  refresh();
}

async function useImage(chosen: ChosenImage): Promise<void> {
  cancel();
  const ended = new AbortController();
  opening = ended;
  if (session) closeSession(session);
  session = image = undefined;
  imageWarnings = [];
  forgetResult();
  points.replace([]);
  refresh();
  try {
    const opened = await openImage(chosen, showStep, ended.signal);
    if (ended.signal.aborted) return closeSession(opened.session);
    ({ session, warnings: imageWarnings } = opened);
    image = chosen;
    showWarnings(imageWarnings);
    showStep('Drawing the image …');
    viewer = await picture.show(opened);
    byId('image-name').textContent = `${chosen.name}, ${viewer.shape.join(' × ')} voxels`;
    showRest('The image is there.');
  } catch (error) {
    if (!ended.signal.aborted) showProblem(error);
    else if (opening === ended) showRest('Cancelled.');
  } finally {
    if (opening === ended) opening = undefined;
    refresh();
  }
}

function pointsChanged(marks: readonly Mark[], added: boolean): void {
  viewer?.setMarks(marks);
  refresh();
  const wantsRun = model && promptOf(model).endpoint === 'deepgrow' && byId<HTMLInputElement>('at-once').checked;
  if (!added || !wantsRun || !canRun()) return;
  if (running) again = true;
  else void runModel();
}

function canRun(): boolean {
  if (!model || !session) return false;
  const [first] = promptOf(model).points;
  return points.all.filter(({ kind }) => kind === first).length >= promptOf(model).least;
}

async function runModel(): Promise<void> {
  if (!model || !image || !session || running) return;
  again = false;
  const call = { endpoint: promptOf(model).endpoint, model: model.name, params: paramsOf(model, points.all) };
  showStep('Starting …', 0);
  const ended = new AbortController();
  running = ended;
  const begin = (id: string) =>
    callModel({ ...call, session: id }, (job) => showStep(jobSentence(job), job.progress), ended.signal);
  refresh();
  try {
    const result = await begin(session).catch(async (error: unknown) => {
      if (!(error instanceof AskError && error.code === 'SESSION_EXPIRED')) throw error;
      ({ session_id: session } = await openSession(image!, showStep, ended.signal));
      return begin(session);
    });
    await showResult(result);
    ended.signal.throwIfAborted();
    showRest(mark('good', `Done in ${duration(result.ms)}.`));
  } catch (error) {
    if (!ended.signal.aborted) showProblem(error);
    else {
      forgetResult();
      if (!opening) showRest('Cancelled.');
    }
  } finally {
    running = undefined;
    refresh();
  }
  if (again && canRun()) void runModel();
}

function cancel(): void {
  again = false;
  running?.abort();
  opening?.abort();
}

async function showResult({ mask, json, stages, warnings, ms }: RunResult): Promise<void> {
  byId('result').hidden = false;
  showWarnings(warnings);
  byId('json').textContent = JSON.stringify(json, null, 1);
  byId<HTMLDetailsElement>('json-part').open = !mask;
  byId('times').hidden = false;
  byId('stages').replaceChildren(...stageTimes({ stages, ms }));
  const link = byId<HTMLAnchorElement>('download');
  link.hidden = !mask;
  if (mask) {
    URL.revokeObjectURL(link.href);
    link.href = URL.createObjectURL(mask);
    link.download = `${image!.name.replace(/(\.nii)?\.\w+$/i, '')}_${model!.name}.nii.gz`;
  }
  byId('labels').replaceChildren();
  if (mask && viewer) await showMask(mask, viewer, model!);
}

async function showMask(mask: File, on: Viewer, by: ModelEntry): Promise<void> {
  const labels = await on.showMask(await mask.arrayBuffer());
  on.setOpacity(Number(byId<HTMLInputElement>('opacity').value));
  byId('labels').replaceChildren(labelTable(labels, by.labels, ({ at }) => on.moveTo(at)));
  // Where there is something to see; whoever clicked is looking there already.
  if (promptOf(by).points.length === 0 && labels.length > 0) on.moveTo(labels[0].at);
}

function forgetResult(): void {
  byId('result').hidden = true;
  byId('times').hidden = true;
  showWarnings(imageWarnings);
  viewer?.hideMask();
}

/** Buttons and commands follow what there is. */
function refresh(): void {
  const busy = running !== undefined || opening !== undefined;
  byId<HTMLButtonElement>('run').disabled = busy || !canRun();
  byId('cancel').hidden = !busy;
  byId('commands').hidden = !model || !image;
  if (!model || !image) return;
  const call = { server, model, image, params: paramsOf(model, points.all) };
  byId('curl').textContent = curlText(call);
  byId('python').textContent = pythonText(call);
}
