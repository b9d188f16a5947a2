"""Boxes in a table (csv), a line for each."""

import csv
from collections.abc import Iterator
from pathlib import Path

from autodesign.dsl.diagnostics.suggest import did_you_mean
from autodesign.stdlib.data.reading.annotated import Annotated, Box, broken, finite, inside
from autodesign.stdlib.data.reading.request import Request


def read_rows(request: Request, file: Path) -> tuple[list[Annotated], list[str]]:
    """The images that a table names, in its order, and the names of its classes."""
    folder = request.path("images")
    boxes: dict[Path, list[Box]] = {}
    first: dict[Path, str] = {}
    for line, (image, label, *numbers) in lines(request, file):
        where = f"{file}, line {line}"
        if not image or not label:
            raise broken(request, file, f"line {line} has no image or no class")
        x, y, width, height = map(finite, numbers)
        path = inside(request, folder, image, where)
        first.setdefault(path, where)
        boxes.setdefault(path, []).append(Box((x, y, x + width, y + height), label, where))
    images = [Annotated(path, first[path], tuple(found)) for path, found in boxes.items()]
    return images, sorted({box.label for found in boxes.values() for box in found})


def lines(request: Request, file: Path) -> Iterator[tuple[int, list[str]]]:
    """The needed columns of each line that has any, with its number."""
    help = "paths are relative to the folder of the spec"
    with request.opening(file, help), file.open(newline="", encoding="utf-8-sig") as stream:
        try:
            reader = csv.reader(stream, strict=True)
            places = columns(request, file, next(reader, []))
            for row in reader:
                if len(row) > max(places):
                    yield reader.line_num, [row[place].strip() for place in places]
                elif any(row):
                    told = f"line {reader.line_num} has {len(row)} columns, too few"
                    raise broken(request, file, told)
        except (csv.Error, UnicodeDecodeError) as error:
            raise broken(request, file, f"it is no csv: {error}") from None


def columns(request: Request, file: Path, header: list[str]) -> list[int]:
    """Where the needed columns are."""
    names = [name.strip() for name in header]
    places = []
    for wanted in request.args["columns"]:  # type: ignore[union-attr]
        if wanted not in names:
            listed = ", ".join(f'"{name}"' for name in names if name) or "none"
            raise request.refusal(
                "AD793",
                f'I cannot take boxes from {file}: it has no column "{wanted}"; it has {listed}',
                did_you_mean(str(wanted), names)
                or "write columns=[...]: those of image, class, left, top, width and height",
            )
        places.append(names.index(wanted))
    return places
