import { UsageError } from '../../flags';
import facts from './tasks.json';

/** A part of a task: the number of its network, and what its labels are called where that is not the task's list. */
interface Part {
  model: number;
  labels?: (string | null)[];
}

interface Cleaning {
  labels?: string[];
  keep?: string;
  at_most_mm3?: number;
}

interface Mode {
  parts: Part[];
  resample: number | number[] | null;
  step?: number;
  clean?: Cleaning[];
  crop?: string[];
  rough?: { model: number; labels_of: string; resample: number; step?: number; clean?: Cleaning[] };
  /** Null for all that there are. @default fold 0 */
  folds?: number[] | null;
}

interface Task {
  labels?: string[];
  /** Its weights come with a licence of their own, from their makers. */
  licensed?: boolean;
  /** Why it is not served. */
  left_out?: string;
  modes?: Record<string, Mode>;
}

const tasks = facts.tasks as unknown as Record<string, Task>;
const weights = facts.weights as Record<string, { folder: string; tag?: string }>;

/** A task as `TASK`, `TASK-fast` or `TASK-fastest`. */
export interface ChosenTask extends Mode {
  name: string;
  labels: string[];
  licensed: boolean;
}

/** All names that {@link chooseTask} takes. */
export const taskNames = Object.entries(tasks).flatMap(([name, { modes = {} }]) =>
  Object.keys(modes)
    .map((mode) => (mode === 'default' ? name : `${name}-${mode}`))
    .sort(),
);

/** @throws UsageError naming the tasks, or why one is not served */
export function chooseTask(given: string): ChosenTask {
  const [, name, mode = 'default'] = /^(.*?)(?:-(fast|fastest))?$/.exec(given)!;
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  if (task?.left_out) throw new UsageError(`the task ${name} is not served: ${task.left_out}`);
  const chosen = task?.modes?.[mode];
  if (!task || !chosen)
    throw new UsageError(`"${given}" is not a task of TotalSegmentator 2.18; there are ${taskNames.join(', ')}`);
  return { ...chosen, name: given, labels: task.labels!, licensed: task.licensed ?? false };
}

/** Numbers of the networks of a task, the rough one last. */
export const networksOf = ({ parts, rough }: Mode): number[] => [
  ...new Set([...parts.map(({ model }) => model), ...(rough ? [rough.model] : [])]),
];

/** The archive of a network: its file, and where it lies below the base URL; none for those that need a licence. */
export function archiveOf(number: number): { file: string; path?: string } {
  const { folder, tag } = weights[number];
  return { file: `${folder}.zip`, path: tag && `${tag}/${folder}.zip` };
}

/** The name of a network on the server: packs share them. */
export const modelOf = (number: number) => `totalsegmentator-${number}`;

/** The config of the pack. @param counts labels of the networks that are loaded, by number */
export function packOf(task: ChosenTask, counts: ReadonlyMap<number, number>): object {
  const { parts, rough, name, labels, crop, ...stage } = task;
  const named = (list: readonly (string | null)[], number: number) =>
    Array.from({ length: Math.max(list.length, counts.get(number) ?? 0) }, (_, at) => list[at] ?? null);
  const { resample, step, clean } = stage;
  return {
    type: 'pack',
    description: `TotalSegmentator, task ${name}: ${labels.length} labels`,
    labels,
    parts: parts.map((part) => ({ model: modelOf(part.model), labels: named(part.labels ?? labels, part.model) })),
    resample,
    step,
    clean,
    ...(crop && { crop }),
    ...(rough && {
      rough: {
        model: modelOf(rough.model),
        labels: named(tasks[rough.labels_of].labels!, rough.model),
        resample: rough.resample,
        step: rough.step,
        clean: rough.clean,
      },
    }),
  };
}
