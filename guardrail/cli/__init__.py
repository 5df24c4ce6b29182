"""The command line, `guardrail …`: thin, no decisions; one file per command group."""

__all__ = ["main"]


def main() -> int:
    """Run the command line of this process; return its exit code."""
    from guardrail.cli import app  # noqa: PLC0415 - importing guardrail.cli costs nothing

    return app.main()
