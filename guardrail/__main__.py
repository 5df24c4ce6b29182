"""`python -m guardrail` is the command `guardrail`."""

import sys

from guardrail.cli import main

if __name__ == "__main__":
    sys.exit(main())
