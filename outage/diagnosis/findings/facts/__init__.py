"""What a finding knows, typed: its sign, the facts of that sign, and the sentence that is made of them.

Program parts read signs and facts. The sentence is for people; nothing may read it (tests/test_prose.py holds that).
"""

from outage.diagnosis.findings.facts.finding_sentences import finding_sentence
from outage.diagnosis.findings.facts.sign import Sign
from outage.diagnosis.findings.facts.sign_facts import Facts, SignFacts

__all__ = ["Facts", "Sign", "SignFacts", "finding_sentence"]
