"""The cases on which symbols are proved: data that suit a loss, the options of every layer."""
