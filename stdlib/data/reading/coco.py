"""The json format of COCO: images, annotations and categories, each with an id."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from autodesign.stdlib.data.reading.annotated import Annotated, Box, broken, finite, inside
from autodesign.stdlib.data.reading.memory import afford
from autodesign.stdlib.data.reading.request import Request

UNPACKED = 12  # bytes of Python objects for each byte of json, measured on COCO's own files
Entry = Mapping[str, Any]


def read_coco(request: Request, file: Path) -> tuple[list[Annotated], list[str]]:
    """The images of an annotation file, and the names of its categories in its order."""
    content = parsed(request, file)
    names = categories(request, file, content)
    images = {}
    for place, entry in entries(request, file, content, "images"):
        key = identity(request, file, place, entry, "id")
        if key in images:
            raise broken(request, file, f"{place} has the id {key} of an image before it")
        images[key] = (place, entry)
    boxes: dict[Any, list[Box]] = {key: [] for key in images}
    for place, entry in entries(request, file, content, "annotations"):
        where = f"{file}, annotation {entry.get('id', 'without id')} ({place})"
        image = identity(request, file, place, entry, "image_id")
        if image not in images:
            raise request.refusal(
                "AD788",
                f"{where} is on the image {image}, which the file does not list",
                "list the image, or take the annotation out",
            )
        box = annotation(request, file, place, entry, names, where)
        if entry.get("iscrowd") not in (1, True):
            boxes[image].append(box)
    folder = request.path("images")
    found = [
        annotated(request, folder, f"{file}, {place}", entry, boxes[key])
        for key, (place, entry) in images.items()
    ]
    return found, list(names.values())


def parsed(request: Request, file: Path) -> Entry:
    with request.opening(file, "paths are relative to the folder of the spec"):
        size = file.stat().st_size
        afford(request, UNPACKED * size, f"the annotations in {file}", "bring a smaller file")
        try:
            content = json.loads(file.read_bytes())
        except json.JSONDecodeError as error:
            raise broken(request, file, f"line {error.lineno} is no json: {error.msg}") from None
        except (ValueError, RecursionError) as error:
            raise broken(request, file, f"it is no json: {error}") from None
    if not isinstance(content, dict):
        raise broken(request, file, "it holds no object with images, annotations and categories")
    return content


def entries(request: Request, file: Path, content: Entry, key: str) -> Iterable[tuple[str, Entry]]:
    """The objects of a list, each with its place ("annotations[3]")."""
    listed = content.get(key)
    if not isinstance(listed, list):
        raise broken(request, file, f"it has no list `{key}`")
    for number, entry in enumerate(listed):
        if not isinstance(entry, dict):
            raise broken(request, file, f"{key}[{number}] is no object")
        yield f"{key}[{number}]", entry


def categories(request: Request, file: Path, content: Entry) -> dict[Any, str]:
    names: dict[Any, str] = {}
    for place, entry in entries(request, file, content, "categories"):
        name = entry.get("name")
        if not isinstance(name, str) or name in names.values():
            raise broken(request, file, f"{place} has no `name` of its own")
        names[identity(request, file, place, entry, "id")] = name
    return names


def identity(request: Request, file: Path, place: str, entry: Entry, key: str) -> int | str:
    value = entry.get(key)
    if not isinstance(value, int | str):
        raise broken(request, file, f"{place} has no `{key}`")
    return value


def annotation(
    request: Request, file: Path, place: str, entry: Entry, names: Mapping[Any, str], where: str
) -> Box:
    label = identity(request, file, place, entry, "category_id")
    if label not in names:
        known = ", ".join(f"{key} {name}" for key, name in list(names.items())[:20])
        raise request.refusal(
            "AD787",
            f"{where}: the box is of category {label}, which the file does not list",
            "correct it, or take it out",
            f"the categories are {known or 'none'}",
        )
    given = entry.get("bbox")
    if not isinstance(given, list) or len(given) != 4:
        raise broken(request, file, f"{place} has no `bbox` of four numbers")
    x, y, width, height = (finite(value) for value in given)
    return Box((x, y, x + width, y + height), names[label], where)


def annotated(
    request: Request, folder: Path, where: str, entry: Entry, boxes: list[Box]
) -> Annotated:
    name, width, height = (entry.get(key) for key in ("file_name", "width", "height"))
    if not isinstance(name, str):
        raise broken(request, request.path("annotations"), f"{where} has no `file_name`")
    size = (width, height) if isinstance(width, int) and isinstance(height, int) else None
    return Annotated(inside(request, folder, name, where), where, tuple(boxes), size)
