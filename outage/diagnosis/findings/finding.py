"""What a piece of evidence means, before anybody says why."""

from datetime import datetime
from typing import Self

from pydantic import TypeAdapter

from outage.diagnosis.findings.facts import Facts, Sign, finding_sentence
from outage.kubernetes.objects import ObjectRef
from outage.text.redaction import printable, redact
from outage.value import Value


class Finding(Value):
    """One thing that is not as it should be (or could not be seen), about one object."""

    sign: Sign
    """Stable name of what is seen: the same as that of its facts."""
    about: ObjectRef
    says: str
    """One sentence for the responder, made of the facts. No part of the program reads it."""
    since: datetime | None = None
    """When it began, as far as the cluster tells."""
    evidence: tuple[str, ...] = ()
    """Ids of the looks it comes from."""
    facts: Facts | None = None
    """What rules decide from; None of a finding that was recorded before there were facts: it tells rules nothing."""

    @classmethod
    def of(
        cls,
        about: ObjectRef,
        facts: Facts,
        since: datetime | None = None,
        evidence: tuple[str, ...] = (),
    ) -> Self:
        """A finding with the sign and the sentence of its facts.

        Args:
            about: The object that shows the sign.
            facts: What is seen of it.
            since: When it began, None when nobody tells.
            evidence: Ids of the looks it comes from.
        """
        says = finding_sentence(facts, about)
        return cls(sign=facts.sign, about=about, says=says, since=since, evidence=evidence, facts=facts)

    @property
    def quoted(self) -> str:
        """The cluster's own words that it rests on, uncut; empty when there are none."""
        return self.facts.quoted if self.facts else ""

    def shareable(self) -> Self:
        """The same without anything secret, for whoever is outside the diagnosis."""
        facts = _FACTS.validate_python(printable(self.facts.model_dump(mode="json"))) if self.facts else None
        return self.model_copy(update={"says": redact(self.says), "facts": facts})


_FACTS: TypeAdapter[Facts] = TypeAdapter(Facts)
