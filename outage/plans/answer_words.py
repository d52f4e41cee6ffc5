"""What a yes and a no to one plan do, in the words that stand at the buttons of every door."""

from outage.plans.approval import Answer
from outage.plans.plan import Plan
from outage.value import Value


class AnswerWords(Value):
    """The two answers to one plan."""

    yes: str = "approve"
    """As the form of the UI spells it."""
    no: str = "decline"
    yes_does: str = "it is written"
    no_does: str = "nothing is written, and a person has the incident"
    question: str = "apply it?"
    silence: str = "Nothing is written before a yes. Silence is a no."

    def said(self, answer: Answer) -> str:
        """The form's word for an answer."""
        return self.yes if answer is Answer.APPROVE else self.no

    def heard(self, word: str) -> Answer:
        """The answer that a word of the form means; whatever is not the yes is a no."""
        return Answer.APPROVE if word == self.yes else Answer.DECLINE


def answer_words(plan: Plan) -> AnswerWords:
    """What can be answered to a plan; where it asks about another one, its yes takes that back."""
    if not plan.asks_to_take_back:
        return AnswerWords()
    return AnswerWords(
        yes="take it back",
        no="let it stay",
        yes_does="what was written is undone, and the next cause is tried",
        no_does="what was written stays as it is, and a person has the incident",
        question="take it back?",
        silence="It stays unless somebody says to take it back. Silence lets it stay.",
    )
