"""What the tests of the documents share is found beside them."""

from __future__ import annotations

import sys
from pathlib import Path

# In importlib mode, what tests share is found here.
sys.path.append(str(Path(__file__).parent))
