"""What the arguments of a user's functions are: by their names, and where those say nothing, by position."""

import functools
import inspect
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..call.making import SAMPLES, rule_of
from ..call.program import Rate, Ref, constant
from ..source.arguments import is_handed_on
from ..source.syntax import indices, is_array, keys, places, source_of, undecorated, unpacked
from ..source.words import (
    BACKWARD,
    CACHE,
    CONTAINERS,
    INPUTS,
    LABELS,
    MAYBE_LABELS,
    PREDICTED,
    RATES,
    TRAINING,
    UPSTREAM,
    bare,
    is_weight,
)

RATE = Rate(1.0)
ONCE = re.compile(
    r"(n_?|num_?|max_?|no_?of_?|num(ber)?_?of_?|total_?)?(train(ing)?_?)?"
    r"(epochs?(count|num)?|iter(ation)?s?|steps|rounds|pass(es)?|episodes|repeats)"
)
PLAIN_RATES = ("alpha", "rate", "step", "speed")
"""What else may be a rate, beside the gradient from above."""
BATCH = ("batchsize", "minibatchsize")
ROWS = 6
"""So many samples are in a batch."""
QUIET = re.compile("print|verbose|plot|debug|log", re.IGNORECASE)
STATE = re.compile(
    r"(h|c|a|s)(prev(ious)?|0|init|old)?|prev(ious)?(h|c|a|s)\w*|h(t|idden)?(1|prev|state)?|hiddenstates?|cellstate|((prev|init|initial|start)?states?)|htm1|ctm1"
)
SETTINGS = re.compile(r"(?!params$|parameters$).*(param|params|hparameters|hparams|config|options)")
ADJACENT = re.compile(r"adj\w*|a(hat|norm(alized)?|tilde)|laplacian")
OF_LABELS = re.compile(
    "(all|train(ing)?|batch)?(y|labels?|targets?)(s|train|batch|all|trues?|val(ue)?s?|data|set|real|actual|enc|onehot|hot)*"
)
"""Names made of the words for labels: all_y_trues, train_labels."""
OTHER_LABELS = {"t", "d", "target", "targets", "label", "labels", "ytrue"}
DESIRED = {"y", *INPUTS, *PREDICTED, *CONTAINERS}
"""Beside these, and weights, `d` is what is desired, otherwise a derivative."""
QUERIES = {"q", "k", "v", "query", "key", "value", "queries", "keys", "values"}
GATES = (
    (r"wx|wxh|wax|u|wih|wxu|wix|whx", "wx"),
    (r"wh|whh|waa|wr|ws|w", "wh"),
    (r"wy|why|wya|v|wyh|wo?ut|wv", "wy"),
    (r"by|c|bout|bya|bv", "by"),
    (r"w[figocuz]", "wg"),
)  # fmt: skip
PENALTY = re.compile("lambd|lambda|reg|l2|lam|regularization|regstrength|weightdecay|l2reg|lmbda|lambdareg|reglambda")
KEPT, DROPPED = re.compile("keepprob|pkeep|probkeep|keep"), re.compile("drop(out)?(prob|rate|p)|pdrop(out)?|dropout")
VALUES: tuple[tuple[str, Any], ...] = (
    (PENALTY.pattern, 0.1), (r"m|n|numsamples|batchsize", 6),
    (KEPT.pattern, 0.8), (DROPPED.pattern, 0.2), (r"rho|sparsity\w*", 0.2),
    (r".*(verbose|print|debug).*", False), (r".*act.*", "tanh"),
)  # fmt: skip


def parameters(function: Any) -> list[inspect.Parameter]:
    """Return the parameters of a function without *args and **kwargs; empty if they cannot be known."""
    try:
        return _parameters(function)
    except TypeError:  # not hashable
        return _parameters.__wrapped__(function)


@functools.lru_cache(maxsize=1024)
def _parameters(function: Any) -> list[inspect.Parameter]:
    try:
        found = list(inspect.signature(function).parameters.values())
        if all(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in found):
            own = list(inspect.signature(undecorated(function)).parameters.values())
            found = own[1:] if inspect.ismethod(function) else own
    except (TypeError, ValueError):
        return []
    return [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def keyword_of(parameter: inspect.Parameter) -> Any:  # noqa: PLR0911 (one return for each kind)
    """Return the value for a flag, rate or number of passes, which is given by keyword; None if it is none."""
    own, free = bare(parameter.name), parameter.default is parameter.empty
    if own in RATES and not (free and own in ("alpha", "rate")):
        return RATE
    if own in TRAINING:
        return True
    nothing = 1 if KEPT.fullmatch(own) else 0 if DROPPED.fullmatch(own) else None
    if nothing is not None and parameter.default == nothing and not isinstance(parameter.default, bool):
        return setting(own, [])  # a mask that drops nothing does not show
    if PENALTY.fullmatch(own) and parameter.default in (0, 1e-3, 1e-2) and not isinstance(parameter.default, bool):
        return 0.1  # of 0 nothing would show
    if ONCE.fullmatch(parameter.name.lower()):
        return 1
    if own in BATCH:
        return ROWS
    if own == "mode" and isinstance(parameter.default, str | type(parameter.empty)):
        return "train"
    return False if isinstance(parameter.default, bool) and QUIET.search(parameter.name) else None


def keywords(function: Any) -> dict[str, Ref]:
    """Return what a function is given by keyword, besides its data."""
    data = (_only(function), _length(function))
    found = {p.name: _keyword(function, p) for p in parameters(function) if p.name not in data}
    return {name: constant(value) for name, value in found.items() if value is not None}


def _keyword(function: Any, parameter: inspect.Parameter) -> Any:
    """Return the value for what a function is given by keyword: on a way back a rate may have a plain name."""
    value = keyword_of(parameter)
    if value is None and parameter.default is parameter.empty and bare(parameter.name) in PLAIN_RATES:
        back = bare(getattr(function, "__name__", "")) in BACKWARD
        first = next((p.name for p in parameters(function) if p.name != "self"), "")
        return RATE if back and parameter.name != first else None
    return value


def _only(function: Any) -> str | None:
    """Return the one argument that a function needs if it is called as a rate: backward(eta) is given a gradient."""
    free = [p.name for p in parameters(function) if p.default is p.empty]
    return free[0] if len(free) == 1 and bare(free[0]) in RATES else None


def _length(function: Any) -> str | None:
    """Return the argument `steps` if a function counts no passes by it: it is the length of a sequence."""
    text = source_of(function)
    named = [p.name for p in parameters(function) if re.fullmatch("n?_?steps", p.name) and p.default is p.empty]
    return next((n for n in named if text and not re.search(rf"range\(.*\b{n}\b|[<>]=? *{n}\b", text)), None)


def needed(function: Any) -> list[inspect.Parameter]:
    """Return the parameters that data must be found for: those without a default, and labels and gradients of None."""
    left_out = ("y", "t", "labels", "target", "targets", "grad", "dout", "upstream", "gradoutput", "dy")
    data = (_only(function), _length(function))
    taken = [p for p in parameters(function) if p.kind is not p.KEYWORD_ONLY]
    free = [p for p in taken if _keyword(function, p) is None or p.name in data]
    return [p for p in free if p.default is p.empty or (p.default is None and bare(p.name) in left_out)]


def signature_known(function: Any) -> bool:
    """Return whether a function says which arguments it takes: it has a signature, and no *args."""
    try:
        kinds = {p.kind for p in inspect.signature(function).parameters.values()}
    except (TypeError, ValueError):
        return False
    return inspect.Parameter.VAR_POSITIONAL not in kinds


def roles_of(function: Any) -> dict[str, str]:
    """Return the roles of a function's arguments by name."""
    found = with_containers(function, roles_among([p.name for p in needed(function)]))
    first = next(iter(found), "")
    if inspect.ismethod(function) and list(found.values()) == ["y"] and is_handed_on(function, first):
        return {first: "upstream"}  # backward(y) of a layer
    return found


def with_containers(function: Any, found: dict[str, str]) -> dict[str, str]:
    """Return roles in which what a function unpacks into weights is a container of them, whatever its name."""
    for name, role in found.items():
        several = sum(map(is_weight, unpacked(function, name))) > 1
        several = several or (name == "p" and len(indices(function, name)) > 1)
        several = several or sum(map(is_weight, keys(function, name))) > 1
        several = several or len(re.findall(rf"\b{name}\[[^]]*:[^]]*\]\.reshape", source_of(function))) > 1
        if several and role in ("", "output", "weight", "x"):
            found[name] = "container"
        array = is_array(function, name) or bool(places(function, name) & set(found))  # W[x]: a table of rows
        if role == "container" and not several and "y" not in found.values() and array:
            found[name] = "weight"
        if role == "upstream" and name == "U" and "V" in found and places(function, name):  # two tables
            found[name] = "weight"
    scales = [n for n, role in found.items() if role == "scale"]
    if "container" in found.values() and len(scales) == 1:  # beside all weights in one it is a number
        found[scales[0]] = ""
    return found


def roles_among(names: list[str]) -> dict[str, str]:
    """Return the roles of arguments by name: beside labels, the first that says nothing of itself is the data."""
    found = {n: role_of(n, names) for n in names}
    if names and bare(names[0]) == "context" and set(found.values()) == {"cache", "y"}:
        found[names[0]] = "x"  # words around the one that is predicted
    unknown = next((n for n in names if found[n] == ""), None)
    if unknown is not None and "y" in found.values() and not {"x", "output", "cache"} & set(found.values()):
        found[unknown] = "x"
    outputs = [n for n in names if found[n] == "output"]
    outputs += [n for n in names if found[n] == "" and bare(n) in MAYBE_LABELS]
    if len(outputs) == 1 and "x" in found.values() and "container" in found.values() and "y" not in found.values():
        found[outputs[0]] = "y"  # x and all weights are given, so the output is computed, and this is the target
    return found


def role_of(name: str, names: list[str]) -> str:  # noqa: PLR0911, PLR0912 (one return a role)
    """Return what an argument is: x, y, weight, container (of weights), state, settings, output, cache, upstream, ...

    Roles of weights: weight, scale (gamma, beta), and of recurrences wx, wh, wy, by, wg. '' is a setting, or unknown.
    """
    own, others = bare(name), {bare(n) for n in names if n != name}
    all_names = {own} | others
    if own in QUERIES and len(QUERIES & all_names) > 2:
        return "x"
    recurrent = is_recurrent(names)
    if own == "c" and {"u", "v", "w", "b"} <= others:
        return "by"
    if recurrent and own in ("w", "u") and {"w", "u"} <= all_names and "v" not in others:
        return "wx" if own == "w" else "wh"
    if recurrent and name != names[0] and STATE.fullmatch(own) and own not in ("cache", "caches"):
        return "state"
    if own in ("x", "inputs", "input", "data", "img", "image") or (own in INPUTS and not is_weight(name)):
        return "x"
    if recurrent and re.fullmatch("[wu][figocuzrhn]", own) and {"w" + own[1], "u" + own[1]} <= all_names:
        return "wx" if own[0] == "w" else "wh"  # of each gate one for the input and one for the state
    gate = next((what for pattern, what in GATES if re.fullmatch(pattern, own)), "") if recurrent else ""
    gate = "" if own in ("w", "c") and "u" not in others else gate
    gate = "wg" if own == "wr" and "wz" in others else gate
    if gate:
        return gate
    if own in CACHE or re.fullmatch(r"\w+caches?", own):
        return "cache"
    if "num" not in own and own not in PREDICTED and own not in UPSTREAM:
        if re.search("(inputs?|features|samples)$", own) and not own.startswith(("n", "d", "w")):
            return "x"
        if re.search("(outputs|targets?|labels?|expected)$", own) and len(own) > 8:
            return "y"
        if own != "y" and OF_LABELS.fullmatch(own):
            return "y"
    packed = own in CONTAINERS or re.fullmatch(r"(model|net)?(param(eter)?s?|weights?)(values|dict|list|map|all)", own)
    if packed and not any(n != name and is_weight(n) for n in names):
        return "container"
    if SETTINGS.fullmatch(own) or is_adjacency(name, names):
        return "settings"
    if re.fullmatch("gamma|beta|gain", own):
        return "scale"
    if (is_weight(name) or own in ("f", "filt")) and (own not in ("u", "v") or "w" in others):
        return "weight"
    if own in LABELS and not (own == "y" and others & OTHER_LABELS) and not (own == "d" and not others & DESIRED):
        return "y"
    if name == "G" and "gamma" in others:
        return ""  # groups
    if own in UPSTREAM or re.match("grad|up|err|d.{0,5}$|dl|dout|delta", own):
        return "upstream"
    if own in PREDICTED or own == "y" or re.fullmatch(r"(al|a\d|h\d|z\d|yhat|output\d?)", own):
        return "output"
    return ""


def shown(
    functions: list[Any], found: dict[str, str], calls: Mapping[str, str], links: Mapping[str, str]
) -> dict[str, str]:
    """Return roles with what a file's calls show of arguments that no name tells: weights, data, labels.

    Args:
        links: arguments that are handed what a forward function returned, by name "item:1" or "whole".
    """
    found |= {n: "cache" for n in found if links.get(n, "").startswith(("item", "whole"))}
    kinds = ("", "output", "upstream", "state")
    open_ = [n for n, role in found.items() if n in calls and (role in kinds or (role == "x" and calls[n] == "weight"))]
    packed = {n for n in open_ for f in functions if keys(f, n) or indices(f, n) or unpacked(f, n)}
    moved = [n for n in packed if calls[n] == "weight"]
    for name in open_:
        if name in packed and moved and calls[name] == "data":  # another network, which stays as it is
            found[name] = "settings"
        elif calls[name] == "weight":
            found[name] = "container" if name in packed else "weight"
        elif calls[name] == "y" and "y" not in found.values():
            found[name] = "y"
        elif calls[name] == "data" and "x" not in found.values() and not found[name]:
            found[name] = "x"
    return found


def is_scale(name: str) -> bool:
    """Return whether a name is that of a number for each feature: gamma, gain, scale, shift."""
    return re.fullmatch(r"(gamma|beta|gain|scale|shift)\d*", bare(name)) is not None


def is_adjacency(name: str, names: list[str]) -> bool:
    """Return whether an argument says which samples are neighbours: A beside X, adj."""
    beside = len(names) == 2 and any(n in ("X", "x", "H", "h") for n in names)
    return ADJACENT.fullmatch(bare(name)) is not None or (name == "A" and beside)


def is_recurrent(names: list[str]) -> bool:
    """Return whether arguments or keys are those of a recurrence: a state beside data, or U, V and W."""
    plain = [bare(n) for n in names]
    states = [
        n for n in plain[1:] if STATE.fullmatch(n) and (len(n) > 1 or "wh" in plain or {"h", "c"} <= set(plain[1:]))
    ]
    return bool(states) or {"u", "v", "w"} <= set(plain) or bool({"whh", "waa"} & set(plain))


def named_in(module: Any, name: str) -> Any:
    """Return a module's own list, dict or number of this name, such as a description of layers; None if it has none."""
    value = getattr(module, name, None) if module is not None else None
    return value if isinstance(value, list | tuple | dict | int | float | str) else None


def setting(name: str, widths: list[int]) -> Any:
    """Return a value for what is neither data nor weights: sizes, a penalty, layer sizes."""
    own = bare(name)
    if ADJACENT.fullmatch(own) or name == "A":
        mutual = np.random.default_rng(9).uniform(0.1, 1.0, (SAMPLES, SAMPLES))
        return (mutual + mutual.T) / SAMPLES
    known = next((value for pattern, value in VALUES if re.fullmatch(pattern, own)), None)
    if known is not None:
        return known
    if own in RATES:
        return RATE
    if re.search("layers?dims|dims|sizes|layersizes", own):
        return list(widths)
    place = -1 if re.search("label|class|output|^k$", own) else 1 if "hid" in own else 0 if "in" in own else None
    return widths[place] if place is not None and widths else (rule_of(name) or (1.0,))[0]
