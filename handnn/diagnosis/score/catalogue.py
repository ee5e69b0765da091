"""The bank of mistakes and how good the diagnosis is, as a page.

python -m handnn.diagnosis.score.catalogue --cases tests/diagnosis/cases/{public,reports} --tries 2000 --places 5
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from ..bank import REGISTRIES, Mistake
from . import cases
from . import measure as score

SOURCES: dict[str, tuple[str, ...]] = {
    "mbadry1/DeepLearning.ai-Summary#3": ("l2 in the gradient divided by N",),
    "ageron/handson-ml3#118": ("l2 in the gradient divided by N", "l2 halved in the gradient"),
    "jingtinghuang/CS231n-Spring-2017#3": ("l2 halved in the gradient",),
    "NeuromatchAcademy/course-content-dl#423": ("l2 halved in the gradient",),
    "bighuang624/Andrew-Ng-Deep-Learning-notes#10": ("dW doubled",),
    "markroxor/fromscratchtoml#65": ("gradient of the loss doubled",),
    "oysteijo/simd_neuralnet#1": ("gradient not divided by the number of outputs",),
    "janchorowski/nn_assignments#21": ("gradient not divided by N", "dW averaged again"),
    "yizt/numpy_neural_network#3": ("sigmoid' = sigmoid(1 - a)",),
    "PacktPublishing/Neural-Network-Projects-with-Python#4": ("sigmoid' = z (1 - z)",),
    "torch/torch7#232": ("sigmoid' = 1 - a",),
    "https://stackoverflow.com/questions/75378819": ("a after a fused loss",),
    "https://stackoverflow.com/questions/76450489": ("softmax over the batch",),
    "https://stackoverflow.com/questions/53287032": ("upstream for delta in dx",),
    "trzy/FasterRCNN#2": ("Huber: e for |e| in the comparison of the value", "Huber: e for |e| in the comparison"),
    "marlbenchmark/on-policy#47": ("Huber: nothing below -delta",),
    "chainer/chainer#1178": ("upstream forgotten",),
    "karpathy/convnetjs#70": ("bias correction multiplied",),
    "mila-iqia/blocks#1144": ("beta_1^t in the average",),
    "frgfm/holocron#1": ("corrected averages are kept",),
    "ufal/npfl114#79": ("beta for beta^t",),
    "eriklindernoren/ML-From-Scratch#35": ("beta for beta^t",),
    "oxiglade/mlx-rs#301": ("no bias correction",),
    "ooples/AiDotNet#2008": ("momentum before the wrong term",),
    "dfdx/Boltzmann.jl#14": ("momentum times learning rate",),
    "zc911/MatrixSlow#17": ("first momentum without the learning rate",),
    "PaddlePaddle/Paddle#12231": ("sign of the look-ahead",),
    "fchollet/deep-learning-with-python-notebooks#19": ("sign of the kept momentum",),
    "fchollet/deep-learning-with-python-notebooks#289": ("Nesterov where it is not wanted",),
    "mdenil/dropout#4": ("step before m is updated",),
    "PaddlePaddle/Paddle#4184": ("sign of the step",),
    "deeplearning4j/deeplearning4j#953": ("sum of squares starts at 1",),
}
"""Public threads in which people made, or asked about, mistakes of the bank: repository and number, or address."""

HEAD = """# What people get wrong in backpropagation

Each of these is an entry of the bank in `handnn/diagnosis/bank`: one step of the explicit backpropagation, done
otherwise. `handnn check` replays them on your function's own inputs, alone and in pairs, and names the ones that
reproduce your numbers to rounding. Written by `python -m handnn.diagnosis.score.catalogue`.
"""

SECTIONS = {
    "network": ("In a network", "Forward pass, loss, and the way back, in any layer."),
    "activation": (
        "In an activation on its own",
        "A function and its derivative. What concerns a = f(z) or delta = upstream * f'(z) in a network is known here "
        "too.",
    ),
    "loss": (
        "In a loss on its own",
        "Its value and its gradient by y_pred. What concerns a loss in a network is known here too.",
    ),
    "optimizer": ("In an optimizer", "One line of its step, over a course of ten steps."),
}

TABLE = """
| mistake | as it is | as it should be | what happened | no difference with |
| --- | --- | --- | --- | --- |
"""

TAKEN_FROM = """
## Where people made them

Public threads from which entries were taken; most of them are made again and again.

"""

PEOPLE = """
## How good the diagnosis is

On code that people wrote: reports of wrong derivations and right ones, each written anew from a public thread or
repository. A mistake is located if one of its lines is blamed, and explained if what belongs there, or what was done
instead, is said. Measured with {command} in {seconds:.0f} s a file at the median.

| cases | files | mistakes | located | explained | other lines | called right | right ones | called wrong | open |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{rows}
"""

SCORE = """
{heading}

Measured with `--tries {tries} --seed {seed}{options}` on random networks of 1 to 5 layers, with every activation that
keeps the width and every loss, both dtypes, and authors of random conventions. Located counts layer and tensor; a name
counts where it is given, or is one of several that give the same numbers on that network. The other banks are gone
through from end to end: each entry in {places} in which it makes a difference.

{table}
"""


def row(mistake: Mistake) -> str:
    """Return the table's line for one mistake."""
    cells = (mistake.name, mistake.wrong_line, mistake.right_line, mistake.because, mistake.equivalent or "-")
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def people(folders: Sequence[str]) -> str:
    """Return the score on the cases of folders, a line each."""
    rows, seconds = [], []
    for folder in folders:
        found = cases.score(Path(folder), [], lambda line: print(line, file=sys.stderr, flush=True))
        counts = [
            *(len(found.seconds), found.mistakes, found.located, found.explained, found.stray),
            *(len(found.false_match), found.right, len(found.false_alarm), len(found.undecided) + len(found.missing)),
        ]
        rows.append(f"| {Path(folder).name} | {' | '.join(map(str, counts))} |")
        seconds += found.seconds
    command = f"`python -m handnn.diagnosis.score.cases` on {' and '.join(Path(f).name for f in folders)}"
    return PEOPLE.format(command=command, rows="\n".join(rows), seconds=statistics.median(seconds))


def page(tries: int, seed: int, jobs: int = 1, places: int | None = None, folders: Sequence[str] = ()) -> str:
    """Return the page: people's cases first, the planted bank second; with no folders and no tries, without scores."""
    text = HEAD
    for made_in, registry in REGISTRIES.items():
        heading, about = SECTIONS[made_in]
        text += f"\n## {heading}\n\n{about}\n{TABLE}" + "\n".join(row(m) for _, m in registry.items()) + "\n"
    text += TAKEN_FROM + "\n".join(f"- {thread}: {', '.join(names)}" for thread, names in SOURCES.items()) + "\n"
    if folders:
        text += people(folders)
    if tries:
        heading = "### On its own mistakes, planted" if folders else "## How good the diagnosis is"
        where = "every activation, loss or optimizer" if places is None else f"{places} activations, losses or rules"
        options = "" if places is None else f" --places {places}"
        table = score.table(score.measure(tries, seed, jobs, places=places))
        text += SCORE.format(heading=heading, tries=tries, seed=seed, places=where, options=options, table=table)
    return text


def main(arguments: list[str] | None = None) -> int:
    """Print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=200, help="networks to measure the score on (200); 0 for none")
    parser.add_argument("--seed", type=int, default=0, help="of the networks (0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1); the page does not depend on it")
    parser.add_argument("--places", type=int, help="make each mistake of the other banks in so many places (all)")
    parser.add_argument("--cases", nargs="*", default=[], help="folders of people's cases, each with its truth.json")
    given = parser.parse_args(arguments)
    print(page(given.tries, given.seed, given.jobs, given.places, given.cases), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
