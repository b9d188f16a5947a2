"""What moves make of architectures, without tensors (thesis 5.3.1).

rewrite   a network as nodes that may be exchanged, and fitted to their shapes anew
mixing    an old path and a new one that takes over from it
insert    new layers between two nodes
double    twice the resolution
grow      a move of all networks, and where the child's layers come from
"""

from autodesign.dsl.grow.grow import first, grow, replay

__all__ = ["first", "grow", "replay"]
