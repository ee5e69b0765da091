"""The names that people use, normalised: small letters without underscores."""

import functools
import re


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FORWARD = _words(
    "forward forwards forwardpass forwardpropagation forwardpropagate forwardpropogat forwardprop fprop feedforward "
    "propagateforward propagate fwd fw call __call__ activate activation function func fn f compute predict evaluate "
    "output loss cost calculate value run apply transform fx execute feed process query activationfunction eval score "
    "objective lossfunction lossfn costfunction calc updateoutput"
)
BACKWARD = _words(
    "backward backwards backwardpass backpropagate backwardpropagate backpropagation backpropogat backprop bprop "
    "propagatebackward backwardpropagation backwardprop backpropagated backpass bwd bw back grad gradient gradients "
    "derivative derivate deriv prime diff df dfn delta grads lossgradient lossgrad lossderivative lossprime "
    "derivativeloss costgradient activationderivative derivation dx differentiate bptt derivativefunction "
    "derivativefunc updategradinput"
)
LOOP = "training_loop"
"""A loop of a script that became a function: it moves what objects of the module hold."""
WAYS_BACK = ("backward", "backprop", "back_prop", "backpropagate", "back_propagate", "back", "backwards")
"""Methods by which an object of an engine goes back through what it was computed from."""
TRAIN = _words("train trainstep trainonbatch trainbatch fit step learn updateminibatch trainonestep trainsample")
VALUE = _words(
    "loss cost computeloss computecost calculateloss lossfunction costfunction getloss getcost criterion error"
)
STEPS = _words(
    "step update apply applygradients updateparams updateparameters updateweights updateparameter updateparam "
    "updateweight getupdates applyrule __call__ optimize minimize"
)

TRAINING = _words("training train istraining intraining trainflg trainflag istrain trainmode trainingmode savecache")
RATES = _words("learningrate lr eta lrate rate alpha stepsize leaningrate learnrate trainingrate")
CACHE = _words("cache caches ctx context saved memory tape activations intermediates cached store stored state")
STATE = re.compile(
    r"h|c|s|hprev|cprev|state|hidden|hiddenstate|cell|cellstate|mask|cache\w*|last\w*|prev\w*|running\w*|moving\w*|v\w?|m\w?"
    r"|velocity|momentum\w*|\w*mask|input\w*|output\w*|x|y|z|a|error|delta\w*|d[a-z]|grad\w*|d\w{0,3}\d*|nabla\w*|\w*grads?"
)
"""Arrays that change the output and need no gradient: running state, caches, leftovers."""
INPUTS = _words(
    "x xs input inputs inp inputvector inputdata img image images data features feature batch xbatch xtrain samples "
    "sample xb trainx inputtensor inputarray values xt inputlayer layer0 l0 x0 a0 aprev aprevious ain in inputx indata "
    "inputactivations previnput vector prevlayer inputlist inputslist"
)
LABELS = _words(
    "y ys label labels target targets t ts ytrue true truth expected desired ybatch ytrain groundtruth gt yreal "
    "ytarget actual d yb trainy onehot teacher tt answers outputdesired targetvector ylabels targetslist targetlist "
    "targetdata"
)
MAYBE_LABELS = _words("classes class category categories digits digit tags tag r rating ratings response responses obs")
"""Labels if nothing else is."""
PREDICTED = _words(
    "ypred pred preds predicted prediction predictions yhat output outputs out a o p q logits logit z scores score "
    "probs probabilities yp al a2 a3 yout estimate net yhats guess"
)
UPSTREAM = _words(
    "upstream up u g grad gradient gradoutput gradout dout dy dlda delta cotangent error err gradin gradinput "
    "dlossda incoming dh dldy residual doutput douts dvalues outputgradient outputgrad gradoutputs da dz nextdz "
    "nextda dl dnext outputerror accumgrad dldout dedy deltas gradients grads lossgradient lossgrad topdiff topgrad "
    "dnexth dhnext dhidden dnextc dcnext daout graddata outgrad dloss dlossdout dldz dj dana dscores"
)
CONTAINERS = _words(
    "parameters params parameter param thetas theta weights weight ws w layers net network model nn wb variables "
    "nnparams allweights weightsandbiases ps modelparams"
)
GRADIENTS = _words("grads grad gradients gradient dparams derivatives deltas nabla grads_ dweights")
DERIVATIVE = re.compile(
    r"(?:^_*(?:derivative_?of|derivative|derivate|deriv|grad(?:ient)?_?of|gradient|grad|backward|back|prime|der|diff|nabla|d)_?"
    r"(?=[a-zA-Z0-9]))|"
    r"(?:(?:_|(?<=[a-z0-9]))(?:derivative|derivate|deriv|der|prime|gradient|grad|backward|backprop|bprop|bwd|bw|back|jacobian|jac"
    r"|vjp|diff|slope|dx|dz|dw|d|p)_*$)",
    re.IGNORECASE,
)
PROMISE = re.compile(
    r"derivative|derivate|deriv(?![a-z])|prime$|gradient|grad(?![a-z])|backward|backprop|back_?propagat"
    r"|(?-i:[a-z_0-9](?:Prime|Grad)$)",
    re.IGNORECASE,
)
NO_PROMISE = re.compile(
    r"numeric|check|verif|broadcast|descent|zero|clip|apply|update|approx|plot|(?:grad|gradient)s?_?norm|test|print|finite|central|show"
    r"|accum|reset|init",
    re.IGNORECASE,
)


@functools.lru_cache(maxsize=4096)
def bare(name: str) -> str:
    """Return a name in small letters without underscores: dW_1 -> dw1."""
    return name if name.startswith("__") else name.replace("_", "").lower()


FORMS = _words(
    "d{} grad{} {}grad {}gradient gradient{} g{} d{}s {}d delta{} nabla{} {}delta derivative{} {}derivative dl{} dld{} "
    "dyd{} dj{} djd{} ded{} dcost{} dcd{} {}grads grads{} gradients{} gradof{} dloss{} dlossd{} {}prime tot{} deltas{} "
    "{}update {}updates"
)
"""How the gradient of {} may be called."""


NO_WEIGHT = re.compile("(loss|class|sample|pos|neg|num|n|use|init|no|no_)_")


def is_weight(name: str) -> bool:
    """Return whether a parameter's name is that of a weight or bias."""
    return (
        re.fullmatch(
            r"(w|b|v|u|theta|weights?|bias(es)?|beta|gamma|kernel|filters?|syn|synapse|why|wxh|whh|emb\w*|scale|shift|slope|gain|by|bh)"
            r"([xhyifgocaqkvzrn]{0,2}|\d+|in|out|hid(den)?|output|input|ih|ho|hh|rec|lstm|gru|rnn|[a-z]h[a-z]?|\d+to\d+|[a-z]\d)",
            bare(name),
        )
        is not None
        or re.fullmatch(r"[a-z]{1,6}_(weights?|bias(es)?|kernel)", name) is not None
    ) and not NO_WEIGHT.match(name)


def is_bias(name: str) -> bool:
    """Return whether the name of a weight is that of a bias."""
    own = bare(name)
    return (
        own.startswith(("b", "shift")) or re.fullmatch(r"c\d*", own) is not None or name.endswith(("_bias", "_biases"))
    )


@functools.lru_cache(maxsize=1024)
def gradient_names(leaf: str) -> set[str]:
    """Return the normalised names that a gradient of this leaf may have."""
    own = bare(leaf)
    short = re.sub(r"^weights?", "w", re.sub(r"^bias(es)?", "b", own))
    return {
        form.replace("{}", name) for form in FORMS for name in {own, short, own.rstrip("s"), own.removesuffix("es")}
    } - {own}


def is_gradient(name: str) -> bool:
    """Return whether a parameter of an optimizer is the gradient: g, grads, dW, d_weight, nabla_b."""
    return name.lower().startswith(("g", "dw", "dx", "d_", "db", "nabla", "dp", "dt"))


def is_pass(back: str) -> bool:
    """Return whether a method's name says that it takes a gradient and gives another, rather than a derivative."""
    return re.search("back|bprop|bwd?$", bare(back)) is not None
