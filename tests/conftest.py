"""Random examples are the same in every run, so that a change that fails is the change's doing.

`HYPOTHESIS_PROFILE=explore pytest tests/property` draws others each time.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
