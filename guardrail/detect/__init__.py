"""Find personal data: recognizers, name finders, and the detector that runs them."""

from guardrail.detect.alike import PresidioDetector
from guardrail.detect.deadline import Limits
from guardrail.detect.detector import LANGUAGES, Detector, Settings
from guardrail.detect.models import ModelStatus, installed
from guardrail.detect.recognizer import Recognizer, recognizer

__all__ = [
    "LANGUAGES",
    "Detector",
    "Limits",
    "ModelStatus",
    "PresidioDetector",
    "Recognizer",
    "Settings",
    "installed",
    "recognizer",
]
