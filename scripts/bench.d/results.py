"""The results that the repository keeps: benches/results/KIND.json for each kind of machine.

A file has the size of the corpora and the last result of each part. Results of the same kind of
machine replace each other part by part; those of other kinds stay as they are.
"""

import json


class Refused(Exception):
    """These results cannot be kept together."""


def load(folder):
    """What is kept, by kinds of machines in the order of their names."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}


def cached(folder):
    """The results of the last runs of each part on this machine."""
    results = [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]
    # Those of older versions do not name the kind of machine.
    return [result for result in results if "kind" in result.get("context", {})]


def merge(kept, results, size):
    """Adds results to those that are kept: each replaces an older one of its part and kind of machine."""
    for result in results:
        context = result["context"]
        machine = kept.setdefault(context["kind"], {"size": size, "parts": {}, "against": {}})
        if machine["size"] != size:
            raise Refused(f"the results of {context['kind']} are of size {machine['size']}, not {size}")
        place = machine["against" if "old" in result else "parts"]
        before = place.get(result["name"])
        if not before or before["context"]["date"] <= context["date"]:
            place[result["name"]] = short(result)


def save(folder, kept):
    folder.mkdir(parents=True, exist_ok=True)
    for kind, machine in kept.items():
        (folder / f"{kind}.json").write_text(text(machine))


def text(machine):
    """JSON with a line for each part, so that a change shows which parts are new."""
    groups = [f'"size": {machine["size"]}']
    for group in ("parts", "against"):
        parts = machine[group].items()
        lines = [f"{json.dumps(name)}: {json.dumps(part, ensure_ascii=False)}" for name, part in parts]
        groups.append(f'"{group}": {{\n' + ",\n".join(lines) + "\n}")
    return "{" + ",\n".join(groups) + "}\n"


def short(value):
    """A result with four digits for each measured figure, without the single runs and the digests."""
    if isinstance(value, dict):
        left_out = ("walls", "cpus", "blake2b")
        return {key: short(inner) for key, inner in value.items() if key not in left_out}
    if isinstance(value, list):
        return [short(inner) for inner in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value
