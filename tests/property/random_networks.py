"""Writes random valid networks, as text: several inputs and control nodes, parallel paths,
defaults, coalescing, dummies, groups, `skip`, blocks and networks within networks, over vectors
and small images."""

from dataclasses import dataclass, field
from random import Random

Shape = tuple[int, ...]

HEAD = """ad 1
block dense(d, scale=1) = Linear(d * scale) | ReLU
block flat(d) = Flatten | Linear(d)
"""
PIXELS = (2, 2)
"""Height and width of every image: nothing here changes them, so all images add and join."""
NUMBERS = ("0", "1", "-0.5", "2")


def random_spec(seed: int) -> str:
    """A file whose last network is `Net`; those before it are nested in it or in each other."""
    random = Random(seed)
    library = _Library(random)
    inputs = [_shape(random) for _ in range(random.choice((1, 1, 2, 3)))]
    nesting = random.choice((0, 0, 1, 2))
    _Writer(library, nesting, "Net").write(inputs, None)
    return HEAD + "\n".join(library.texts)


def _shape(random: Random) -> Shape:
    return random.choice(((2,), (3,), (1, *PIXELS), (2, *PIXELS)))


def _type(shape: Shape) -> str:
    return ("vector" if len(shape) == 1 else "image") + str(list(shape))


@dataclass
class _Library:
    """The networks written so far: their text, and (name, inputs, result) of those to nest."""

    random: Random
    texts: list[str] = field(default_factory=list)
    nestable: list[tuple[str, list[Shape], Shape]] = field(default_factory=list)
    names: int = 0

    def nested(self, inputs: list[Shape], depth: int, images: bool) -> tuple[str, Shape]:
        """A network for these inputs: one that is there, or a new one. `images`: it gives one."""
        known = [
            (name, result)
            for name, takes, result in self.nestable
            if takes == inputs and len(result) >= 3 * images
        ]
        if known and self.random.random() < 0.5:
            return self.random.choice(known)
        self.names += 1
        name = f"Inner{self.names}"
        images = images or (len(inputs[0]) == 3 and self.random.random() < 0.5)
        result: Shape = (self.random.choice((1, 2)), *PIXELS) if images else (2,)
        _Writer(self, depth, name, images).write(inputs, result)
        self.nestable.append((name, inputs, result))
        return name, result


@dataclass
class _Node:
    """`targets` are the groups that a control node chooses from; None for any other node."""

    name: str
    args: list[str]
    body: str
    targets: list[list[str]] | None = None

    def text(self) -> str:
        head = f"{self.name}({', '.join(self.args)}) = {self.body}"
        if self.targets is None:
            return f"  node    {head}"
        groups = (g[0] if len(g) == 1 else "{" + ", ".join(g) + "}" for g in self.targets)
        return f"  control {head}   ~> {', '.join(groups)}"


@dataclass
class _Writer:
    """Writes one network, and those nested in it, at most `depth` deep.

    `shapes` are those of the values there are, `unread` those that nothing reads yet. With
    `images`, no value is made a vector.
    """

    library: _Library
    depth: int
    name: str
    images: bool = False
    nodes: list[_Node] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    names: int = 0

    def __post_init__(self) -> None:
        self.random = self.library.random

    def chance(self, p: float) -> bool:
        return self.random.random() < p

    def write(self, inputs: list[Shape], result: Shape | None) -> None:
        """With `result` it has one output, of that shape; else as many as it needs."""
        for position, shape in enumerate(inputs):
            self.value(f"x{position}", shape)
        lines = [f"  input   {name}: {_type(shape)}" for name, shape in self.shapes.items()]
        for _ in range(self.random.randint(3, 8) if result is None else self.random.randint(1, 4)):
            self.node()
        self.control_edges()
        outputs = self.outputs() if result is None else [self.gathered(result)]
        lines += [node.text() for node in self.nodes]
        lines += [f"  output  y{i} = {output}" for i, output in enumerate(outputs)]
        self.library.texts.append("\n".join([f"network {self.name} {{", *lines, "}"]))

    def value(self, name: str, shape: Shape) -> None:
        self.shapes[name] = shape
        self.unread.append(name)

    def add(self, args: list[str], body: str, shape: Shape, control: bool = False) -> str:
        self.names += 1
        name = f"{'Q' if control else 'N'}{self.names}"
        self.nodes.append(_Node(name, args, body, [] if control else None))
        if not control:
            self.value(name, shape)
        return name

    def node(self) -> None:
        kind = self.random.random()
        if kind < 0.12:
            self.dummy()
            return
        sources = self.sources()
        body, shape = self.body([self.shapes[source] for source in sources])
        if kind < 0.45:
            body += " | Linear" if len(shape) == 1 else " | Flatten | Linear"
        self.add(self.edges(sources), body, shape, control=kind < 0.45)

    def dummy(self) -> None:
        shape: Shape = self.random.choice(((), (2,), (2, *PIXELS)))
        if self.images and len(shape) == 1:
            shape = ()
        body = f"const({', '.join(map(str, (self.random.choice(NUMBERS), *shape)))})"
        if len(shape) == 1 and self.chance(0.5):
            body, shape = f"{body} | dense(3)", (3,)
        self.add([], body, shape)

    def sources(self) -> list[str]:
        """One to three values that go together, those that nothing reads yet more often."""
        known = [name for name, shape in self.shapes.items() if shape]
        waiting = [name for name in self.unread if name in known]
        first = self.random.choice(waiting if waiting and self.chance(0.6) else known)
        rank = len(self.shapes[first])
        others = [name for name in known if name != first and len(self.shapes[name]) == rank]
        more = min(len(others), self.random.choice((0, 0, 1, 2)))
        return [first, *self.random.sample(others, more)]

    def edges(self, sources: list[str], default: float = 0.3) -> list[str]:
        """An argument for each, perhaps with another value to stand in for it, and a default."""
        taken = set(sources)
        edges = []
        for source in sources:
            parts = [source]
            fitting = (self.shapes[source], ())
            stand_ins = [n for n, s in self.shapes.items() if s in fitting and n not in taken]
            if stand_ins and self.chance(0.3):
                parts.append(self.random.choice(stand_ins))
            taken.update(parts)
            self.unread = [name for name in self.unread if name not in parts]
            if self.chance(default):
                parts.append(self.random.choice(NUMBERS))
            edges.append(" ?? ".join(parts))
        return edges

    def body(self, shapes: list[Shape]) -> tuple[str, Shape]:
        steps = []
        shape = shapes[0]
        if self.depth and self.chance(0.4):
            name, shape = self.library.nested(shapes, self.depth - 1, self.images)
            steps.append(name)
        elif len(shapes) > 1:
            steps.append(self.random.choice(("add", "multiply", "concat(1)")))
            if len(set(shapes)) > 1 or steps == ["concat(1)"]:
                steps = ["concat(1)"]
                shape = (sum(shape[0] for shape in shapes), *shapes[0][1:])
        while not steps or self.chance(0.4):
            step, shape = self.step(shape)
            steps.append(step)
        return " | ".join(steps), shape

    def step(self, shape: Shape) -> tuple[str, Shape]:
        if self.depth and self.chance(0.15):
            return self.library.nested([shape], self.depth - 1, self.images)
        size = self.random.choice((2, 3))
        if len(shape) == 1:
            steps = [(f"Linear({size})", (size,)), (f"dense({size})", (size,)), ("Tanh", shape)]
            return self.random.choice(steps)
        steps = [
            (f"Conv2d({size}, 3, padding=1)", (size, *PIXELS)),
            (f"Conv2d({size}, 1) | Tanh", (size, *PIXELS)),
            ("repeat(2, Tanh)", shape),
        ]
        if not self.images:
            steps += [(f"flat({size})", (size,))] * 2
        return self.random.choice(steps)

    def outputs(self) -> list[str]:
        """All that nothing reads, some of it joined by `??`."""
        outputs = []
        while self.unread:
            output = self.unread.pop(0)
            fitting = (self.shapes[output], ())
            for name in [name for name in self.unread if self.shapes[name] in fitting]:
                if self.chance(0.5):
                    self.unread.remove(name)
                    output += f" ?? {name}"
            if self.chance(0.3):
                output += f" ?? {self.random.choice(NUMBERS)}"
            outputs.append(output)
        return outputs

    def gathered(self, result: Shape) -> str:
        """One value made of all that nothing reads."""
        flat = []
        for name in [name for name in self.unread if self.shapes[name]]:
            if len(self.shapes[name]) > len(result):
                args = self.edges([name])
                name = self.add(args, "flat(2)", (2,))
            flat.append(name)
        if not flat:
            flat = [name for name, s in self.shapes.items() if len(s) == len(result)][:1]
        flat = flat or [self.add(self.edges([next(iter(self.shapes))]), "flat(2)", (2,))]
        join = "" if len(flat) == 1 else "concat(1) | "
        last = f"Linear({result[0]})" if len(result) == 1 else f"Conv2d({result[0]}, 1)"
        scalars = [name for name in self.unread if not self.shapes[name]]
        args = self.edges(flat)
        end = " ?? ".join([self.add(args, join + last, result), *scalars])
        return end + (f" ?? {self.random.choice(NUMBERS)}" if self.chance(0.2) else "")

    def control_edges(self) -> None:
        """Each control node chooses between groups of later nodes, or `skip`."""
        for position, node in enumerate(self.nodes):
            if node.targets is not None:
                later = [n.name for n in self.nodes[position + 1 :] if n.targets is None]
                node.targets = self.groups(later)
        self.nodes = [node for node in self.nodes if node.targets != []]
        read = " ".join(arg for node in self.nodes for arg in node.args).split()
        self.unread = [name for name in self.shapes if name not in read]

    def groups(self, later: list[str]) -> list[list[str]]:
        groups: list[list[str]] = []
        for _ in range(self.random.choice((2, 2, 3))):
            size = min(len(later), self.random.choice((0, 1, 1, 2)))
            group = sorted(self.random.sample(later, size)) or ["skip"]
            if group not in groups:
                groups.append(group)
        return groups if len(groups) > 1 else []
