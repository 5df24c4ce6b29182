"""A guard between any client and its model provider: `guardrail proxy`.

An ASGI application that forwards what it gets to the provider over one pool of
connections, wrapped in `GuardMiddleware`: whatever is true of the guard around
an application is true of the guard before a provider. Clients change their base
URL and nothing else; keys pass through and are never recorded.

    upstreams  where a request goes, by path or by model
    forward    the application that sends it there
    faults     what a client is told when there is no answer
    front      the guard around it, and the pages for operators
    metrics    what is counted, in the text form of Prometheus
    serve      the server: start, graceful stop
"""

from guardrail.proxy.faults import UpstreamError
from guardrail.proxy.forward import Forwarder
from guardrail.proxy.front import Front
from guardrail.proxy.metrics import MeasuredGuard
from guardrail.proxy.upstreams import Upstream, Upstreams

__all__ = ["Forwarder", "Front", "MeasuredGuard", "Upstream", "UpstreamError", "Upstreams"]
