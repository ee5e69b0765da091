"""Call a function of a known kind: which argument is which, on copies, and what it returned."""
