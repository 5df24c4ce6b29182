"""Guard the logs of a process: every handler of every logger, tracebacks and `extra` included."""

import logging

from guardrail import Guard, logs

logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
logger = logging.getLogger("shop")

with Guard.load("gdpr-chat") as guard, logs.install(guard):
    logger.info("refund for %s to the card %s", "johanna.brandt@example.com", "4111 1111 1111 1111")
    try:
        raise ValueError("no such customer: Johanna Brandt")  # noqa: TRY301 - the example of a traceback
    except ValueError:
        logger.exception("the order failed")
