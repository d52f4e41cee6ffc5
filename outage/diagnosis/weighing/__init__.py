"""How causes are weighed: strengths and doubts in words, the score that follows from them, the order."""
