"""Find personal data: recognizers, name finders, and the detector that runs them."""

from guardrail.detect.alike import PresidioDetector
from guardrail.detect.detector import LANGUAGES, Detector
from guardrail.detect.models import ModelStatus, installed
from guardrail.detect.recognizer import Recognizer, recognizer

__all__ = [
    "LANGUAGES",
    "Detector",
    "ModelStatus",
    "PresidioDetector",
    "Recognizer",
    "installed",
    "recognizer",
]
