"""The namespace that most of an answer is about: said once, instead of in each line."""

import re
from collections import Counter

from outage.diagnosis.hypothesis import Diagnosis


def home_of(diagnosis: Diagnosis) -> str:
    """The namespace that most findings are in; empty when none is in any."""
    places = Counter(one.about.namespace for one in diagnosis.findings if one.about.namespace)
    return places.most_common(1)[0][0] if places else ""


def without_home(text: str, home: str) -> str:
    """A text whose objects are named without this namespace."""
    return re.sub(rf"(\b[a-z]+/[\w.-]+) in {re.escape(home)}(?![\w.-])", r"\1", text) if home else text
