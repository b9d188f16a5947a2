"""The xml format of Pascal VOC: a file for each image, an `object` for each box."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from autodesign.stdlib.data.reading.annotated import Annotated, Box, broken, finite, inside
from autodesign.stdlib.data.reading.request import Request

LARGEST = 5_000_000  # bytes of an annotation of one image
CORNERS = ("xmin", "ymin", "xmax", "ymax")


@dataclass
class Element:
    """A tag with its line, its text and the elements in it."""

    tag: str
    line: int
    text: str = ""
    inner: "list[Element]" = field(default_factory=list)

    def all(self, tag: str) -> "list[Element]":
        return [element for element in self.inner if element.tag == tag]

    def value(self, *path: str) -> str | None:
        """The text at the end of a path of tags; None where there is none."""
        found: Element | None = self
        for tag in path:
            found = next(iter(found.all(tag)), None) if found else None
        return found.text.strip() if found and found.text.strip() else None


def read_voc(
    request: Request, folder: Path, listed: Callable[[Path], list[Path]]
) -> tuple[list[Annotated], list[str]]:
    """The images of annotation files, those without one, and the names of all classes.

    `listed` gives the image files of a folder.
    """
    with request.opening(folder, "paths are relative to the folder of the spec"):
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".xml")
    if not files:
        raise broken(request, folder, "it holds no .xml file")
    images = request.path("images")
    found: dict[Path, Annotated] = {}
    for file in files:
        image = annotation(request, images, file)
        if image.file in found:
            raise broken(request, file, f"{found[image.file].where} tells of the same image")
        found[image.file] = image
    for path in listed(images):
        found.setdefault(path, Annotated(path, str(path), ()))
    names = sorted({box.label for image in found.values() for box in image.boxes})
    return [found[path] for path in sorted(found)], names


def annotation(request: Request, images: Path, file: Path) -> Annotated:
    root = parsed(request, file)
    name = root.value("filename")
    if name is None:
        raise broken(request, file, "it has no `filename`")
    objects = [each for each in root.all("object") if taken(request, each)]
    boxes = tuple(box(request, file, each) for each in objects)
    width, height = root.value("size", "width"), root.value("size", "height")
    told = width is not None and height is not None and width.isdecimal() and height.isdecimal()
    size = (int(width), int(height)) if told and width and height else None
    return Annotated(inside(request, images, name, str(file)), str(file), boxes, size)


def taken(request: Request, element: Element) -> bool:
    return request.args["difficult"] is True or element.value("difficult") != "1"


def box(request: Request, file: Path, element: Element) -> Box:
    name = element.value("name")
    corners = [element.value("bndbox", corner) for corner in CORNERS]
    if name is None or None in corners:
        missing = "`name`" if name is None else f"`bndbox` of {', '.join(CORNERS)}"
        raise broken(request, file, f"the object of line {element.line} has no {missing}")
    x1, y1, x2, y2 = (finite(corner) for corner in corners)
    # Pixels are counted from 1, and the last one belongs to the box.
    return Box((x1 - 1, y1 - 1, x2, y2), name, f"{file}, line {element.line}")


def parsed(request: Request, file: Path) -> Element:
    """The outermost element. Entities are refused: a short file could unpack to gigabytes."""
    root = Element("", 0)
    open_ = [root]
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, parser.CurrentLineNumber)
        open_[-1].inner.append(element)
        open_.append(element)

    def text(content: str) -> None:
        open_[-1].text += content

    def entity(*declaration: object) -> None:
        raise ValueError(f"line {parser.CurrentLineNumber} declares an entity")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: open_.pop()
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = entity
    parser.buffer_text = True
    with request.opening(file, "paths are relative to the folder of the spec"):
        if file.stat().st_size > LARGEST:
            raise broken(request, file, f"it is larger than {LARGEST:,} bytes")
        try:
            parser.Parse(file.read_bytes(), True)
        except (expat.ExpatError, ValueError) as error:
            raise broken(request, file, f"it is no xml: {error}") from None
    return root.inner[0]
