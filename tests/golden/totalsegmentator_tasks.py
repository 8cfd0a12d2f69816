"""Facts of TotalSegmentator's tasks: parts, spacings, names of labels, where weights lie. Writes gateway/cli/totalsegmentator/tasks.json."""
import json
from pathlib import Path

from totalsegmentator import map_tasks_config as config
from totalsegmentator import map_to_binary as maps

OUT = Path(__file__).resolve().parents[2] / "gateway" / "cli" / "totalsegmentator" / "tasks.json"

# What these do after their network is not done here.
LEFT_OUT = {
    "total_highres_test": "its weights are not released",
    "test": "it is a test",
    "vertebrae_pp": "TotalSegmentator numbers its vertebrae anew after the network",
    "vertebrae_pp_refined": "TotalSegmentator numbers its vertebrae anew after the network",
    "heartchambers_highres": "TotalSegmentator takes out what is far from a second model's heart",
    "teeth": "TotalSegmentator crops with a model that needs another one to crop",
}
PARTS = {
    "total": (maps.map_taskid_to_partname_ct, maps.class_map_5_parts),
    "total_v3": (maps.map_taskid_to_partname_ct_v3, maps.class_map_5_parts_total_v3),
    "total_mr": (maps.map_taskid_to_partname_mr, maps.class_map_parts_mr),
    "headneck_muscles": (maps.map_taskid_to_partname_headneck_muscles, maps.class_map_parts_headneck_muscles),
}
BODY = [{"labels": ["body_trunc"], "keep": "largest"}, {"labels": ["body_extremities"], "at_most_mm3": 50000}]


def listed(table):
    """Names of 1, 2, …; None where a number has none."""
    return [table.get(i) for i in range(1, max(table) + 1)]


def rough_of(task, given):
    """The model that python_api.totalsegmentator crops with."""
    mr = task.endswith("_mr")
    if {"body_trunc", "body_extremities"} & set(given.get("crop") or []):
        return {"model": 300, "labels_of": "body", "resample": 6.0, "clean": BODY}
    robust = given.get("robust_crop") or mr
    number, mm = (852 if mr else 297, 3.0) if robust else (298, 6.0)
    return {"model": number, "labels_of": "total_mr" if mr else "total", "resample": mm, "step": 0.8}


def mode_of(task, given):
    numbers = given["task_id"] if isinstance(given["task_id"], list) else [given["task_id"]]
    names = listed({**maps.class_map[task], **dict.fromkeys(maps.class_map.get(f"{task}_auxiliary", {}))})
    if len(numbers) > 1:
        number_to_part, parts = PARTS[task]
        part_labels = [listed(parts[number_to_part[number]]) for number in numbers]
    else:
        part_labels = [names]
    own = listed(maps.class_map[task])
    parts = [{"model": number, **({"labels": labels} if labels != own else {})} for number, labels in zip(numbers, part_labels)]
    mode = {"parts": parts, "resample": given.get("resample")}
    if task in ("total", "total_v3", "total_mr"):
        mode["step"] = 0.8
    if task == "body":
        mode["clean"] = BODY
    if given.get("crop") or task.startswith("total"):
        mode["rough"] = rough_of(task, given)
    if given.get("crop"):
        mode["crop"] = given["crop"]
    folds = given.get("folds", [0])
    if folds != [0]:
        mode["folds"] = folds
    return mode


def main():
    tasks = {}
    for task, given in config.TASK_CONFIGS.items():
        if task in LEFT_OUT:
            tasks[task] = {"left_out": LEFT_OUT[task]}
            continue
        modes = given.get("sub_modes", {"default": given})
        labels = listed(maps.class_map[task])
        assert None not in labels, task
        tasks[task] = {"labels": labels, **({"licensed": True} if task in maps.commercial_models else {}), "modes": {name: mode_of(task, mode) for name, mode in modes.items()}}
    used = {number for task in tasks.values() for mode in task.get("modes", {}).values() for number in [part["model"] for part in mode["parts"]] + ([mode["rough"]["model"]] if "rough" in mode else [])}
    weights = {str(number): {"folder": info["foldername"], **({"tag": info["version"]} if info.get("version", "TODO") != "TODO" else {})}
               for number, info in config.TASK_ID_WEIGHTS_CONFIGS.items() if number in used}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"tasks": tasks, "weights": weights}) + "\n")


if __name__ == "__main__":
    main()
