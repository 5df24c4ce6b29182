"""The command line, `guardrail …`: thin, no decisions; one file per command group."""

__all__ = ["main"]

INTERRUPTED = 130  # 128 + SIGINT, as shells count


def main() -> int:
    """Run the command line of this process; return its exit code."""
    try:
        from guardrail.cli import app  # noqa: PLC0415 - importing guardrail.cli costs nothing

        return app.main()
    except KeyboardInterrupt:  # while the libraries are still being read
        return INTERRUPTED
