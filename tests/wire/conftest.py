"""In importlib mode, what tests share is found here."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
