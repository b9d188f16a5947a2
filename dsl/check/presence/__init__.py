"""What the decisions of the control nodes leave open: which nodes run, what is null, the cost."""

from autodesign.dsl.check.presence.analysis import analyse
from autodesign.dsl.check.presence.findings import diagnose
from autodesign.dsl.check.presence.outcomes import node_cost

__all__ = ["analyse", "diagnose", "node_cost"]
