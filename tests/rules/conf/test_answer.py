# ruff: noqa: E501, ISC004 - a table of code, each as a person would write it
"""What conf files of every shape say of a model's name; none of them is ever run."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.conf import Answer, ask

ACCEPTS, REFUSES, UNKNOWN = Answer.ACCEPTS, Answer.REFUSES, Answer.UNKNOWN
HEAD = "from src.net import LeNet, resnet50, resnet101\nimport src.models as models\n"
RAISE = '    raise NotImplementedError(f"{name} is not implemented in the repo")\n'

#: Shape, code, and the answers for `lenet`, for `ResNet50` and for `alexnet`.
SHAPES = {
    "if chain": (
        "def create_network(name, *args, **kwargs):\n"
        "    if name == 'lenet':\n        return LeNet(*args, **kwargs)\n"
        "    elif name == 'resnet50':\n        return resnet50(*args, **kwargs)\n" + RAISE,
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "one name": (
        "def create_network(name, *args, **kwargs):\n    if name == 'lenet':\n        return LeNet()\n" + RAISE,
        ACCEPTS, REFUSES, REFUSES,
    ),
    "guard first": (
        "def create_network(name, *args, **kwargs):\n    if name != 'lenet':\n    " + RAISE + "    return LeNet()\n",
        ACCEPTS, REFUSES, REFUSES,
    ),
    "capital letters, which no name has": (
        "def create_network(name, *args, **kwargs):\n    if name == 'LeNet':\n        return LeNet()\n" + RAISE,
        REFUSES, REFUSES, REFUSES,
    ),
    "lower on both sides": (
        "def create_network(name, **kw):\n    if name.lower() == 'LeNet'.lower():\n        return LeNet()\n" + RAISE,
        ACCEPTS, REFUSES, REFUSES,
    ),
    "in a tuple": (
        "def create_network(name, **kw):\n    if name in ('lenet', 'resnet50'):\n        return LeNet()\n" + RAISE,
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "not in a module's list": (
        "NAMES = ['lenet'] + ['resnet50']\nNAMES.append('alexnet')\n"
        "def create_network(name, **kw):\n    if name not in NAMES:\n    " + RAISE + "    return LeNet()\n",
        ACCEPTS, ACCEPTS, ACCEPTS,
    ),
    "table": (
        "NETS = {'lenet': LeNet, 'resnet50': resnet50}\n"
        "def create_network(name, *args, **kw):\n    return NETS[name](*args, **kw)\n",
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "table and KeyError": (
        "def create_network(name, *args, **kw):\n    try:\n        return {'lenet': LeNet}[name](*args)\n"
        "    except KeyError as error:\n        raise ValueError('unknown') from error\n",
        ACCEPTS, REFUSES, REFUSES,
    ),
    "table with get": (
        "NETS = dict(lenet=LeNet, resnet50=resnet50)\n"
        "def create_network(name, **kw):\n    net = NETS.get(name)\n    if net is None:\n    " + RAISE
        + "    return net(**kw)\n",
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "table filled later": (
        "NETS = {}\nNETS['lenet'] = LeNet\nNETS.update({'resnet50': resnet50})\n"
        "def create_network(name, **kw):\n    return NETS[name](**kw)\n",
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "table made by a comprehension": (
        "NETS = {key: LeNet for key in ('lenet', 'resnet' + '50')}\n"
        "def create_network(name, **kw):\n    return NETS[name](**kw)\n",
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "imported table": (
        "from src.config import NETS\ndef create_network(name, **kw):\n    return NETS[name](**kw)\n",
        UNKNOWN, UNKNOWN, UNKNOWN,
    ),
    "getattr of an imported module": (
        "def create_network(name, **kw):\n    return getattr(models, name)(**kw)\n",
        UNKNOWN, UNKNOWN, UNKNOWN,
    ),
    "getattr of the file itself": (
        "import sys\ndef lenet():\n    return LeNet()\n"
        "def create_network(name, **kw):\n    return getattr(sys.modules[__name__], name)(**kw)\n",
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "globals": (
        "def lenet(**kw):\n    return LeNet()\n"
        "def create_network(name, **kw):\n    net = globals().get(name)\n    if net is None:\n    " + RAISE
        + "    return net(**kw)\n",
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "match": (
        "def create_network(name, **kw):\n    match name:\n        case 'lenet' | 'lenet5':\n            return LeNet()\n"
        "        case 'resnet50':\n            return resnet50()\n        case other:\n            raise ValueError(other)\n",
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "startswith": (
        "def create_network(name, **kw):\n    if name.startswith('resnet'):\n        return resnet50()\n"
        "    if name.endswith(('net', 'x')) and 'alex' not in name:\n        return LeNet()\n" + RAISE,
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "f-string": (
        "BASE = 'resnet'\ndef create_network(name, **kw):\n    for depth in (50, 101):\n"
        "        if name == f'{BASE}{depth}':\n            return resnet50(depth)\n" + RAISE,
        REFUSES, ACCEPTS, REFUSES,
    ),
    "import of the function": ("from src.hub import create_network\n", UNKNOWN, UNKNOWN, UNKNOWN),
    "star import": ("from src.hub import *\nX = 1\n", UNKNOWN, UNKNOWN, UNKNOWN),
    "harmless decorator": (
        "import functools\n@functools.lru_cache(None)\ndef create_network(name, **kw):\n"
        "    if name == 'lenet':\n        return LeNet()\n" + RAISE,
        ACCEPTS, REFUSES, REFUSES,
    ),
    "unseen decorator": (
        "from src.x import deco\n@deco\ndef create_network(name, **kw):\n    if name == 'lenet':\n"
        "        return LeNet()\n" + RAISE,
        UNKNOWN, UNKNOWN, UNKNOWN,
    ),
    "decorator of the file": (
        "def checked(function):\n    def inner(name, *args, **kw):\n        if name not in ('lenet', 'resnet50'):\n"
        "            raise ValueError(name)\n        return function(name, *args, **kw)\n    return inner\n"
        "@checked\ndef create_network(name, *args, **kw):\n    return LeNet()\n",
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "registry of functions": (
        "NETS = {}\ndef register(function):\n    NETS[function.__name__] = function\n    return function\n"
        "@register\ndef lenet(**kw):\n    return LeNet(**kw)\n"
        "def create_network(name, **kw):\n    return NETS[name](**kw)\n",
        ACCEPTS, REFUSES, REFUSES,
    ),
    "registry of classes, which are not followed": (
        "NETS = {}\ndef register(cls):\n    NETS[cls.__name__.lower()] = cls\n    return cls\n"
        "@register\nclass LeNet5:\n    pass\ndef create_network(name, **kw):\n    return NETS[name](**kw)\n",
        UNKNOWN, UNKNOWN, UNKNOWN,
    ),
    "class that fills a table": (
        "NETS = {}\nclass Meta(type):\n    def __init__(cls, name, bases, attrs):\n        NETS[name.lower()] = cls\n"
        "class ResNet50(metaclass=Meta):\n    pass\ndef create_network(name, **kw):\n    return NETS[name](**kw)\n",
        UNKNOWN, UNKNOWN, UNKNOWN,
    ),
    "helper": (
        "def pick(kind):\n    if kind == 'lenet':\n        return LeNet\n    raise ValueError(kind)\n"
        "def create_network(name, *args, **kw):\n    return pick(name)(*args, **kw)\n",
        ACCEPTS, REFUSES, REFUSES,
    ),
    "imported helper": (
        "from src.x import pick\ndef create_network(name, *args, **kw):\n    return pick(name)(*args, **kw)\n",
        UNKNOWN, UNKNOWN, UNKNOWN,
    ),
    "lambda": (
        "create_network = lambda name, **kw: LeNet(**kw) if name == 'lenet' else None\n",
        ACCEPTS, REFUSES, REFUSES,
    ),
    "nothing returned": (
        "def create_network(name, **kw):\n    if name == 'lenet':\n        return LeNet()\n    print(f'no {name}')\n",
        ACCEPTS, REFUSES, REFUSES,
    ),
    "assert": (
        "def create_network(name, **kw):\n    assert name in {'lenet', 'resnet50'}, name\n    return LeNet()\n",
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "every name": ("def create_network(name, *args, **kw):\n    return LeNet(*args)\n", ACCEPTS, ACCEPTS, ACCEPTS),
    "name as an argument of args": (
        "def create_network(*args, **kw):\n    if args[0] == 'lenet':\n        return LeNet()\n    raise ValueError\n",
        ACCEPTS, REFUSES, REFUSES,
    ),
    "platform decides": (
        "from mindspore import context\ndef create_network(name, **kw):\n"
        "    if context.get_context('device_target') == 'Ascend' and name == 'lenet':\n        return LeNet()\n" + RAISE,
        ACCEPTS, REFUSES, REFUSES,
    ),
    "regular expression": (
        "import re\ndef create_network(name, **kw):\n    if re.match('res.*', name):\n        return LeNet()\n" + RAISE,
        UNKNOWN, UNKNOWN, UNKNOWN,
    ),
    "any of prefixes": (
        "def create_network(name, **kw):\n    if any(name.startswith(p) for p in ('le', 'res')):\n"
        "        return LeNet()\n" + RAISE,
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "cut name": (
        "def create_network(name, **kw):\n    name = name.replace('-', '_').split('_')[0]\n"
        "    if name[:6] == 'resnet' or name == 'lenet':\n        return LeNet()\n" + RAISE,
        ACCEPTS, ACCEPTS, REFUSES,
    ),
    "try around an import": (
        "try:\n    from a import LeNet as Net\nexcept ImportError:\n    Net = None\n"
        "def create_network(name, **kw):\n    if name == 'lenet':\n        return Net()\n" + RAISE,
        ACCEPTS, REFUSES, REFUSES,
    ),
    "defined twice": (
        "def create_network(name):\n    return LeNet()\ndef create_network(name, **kw):\n"
        "    if name == 'lenet':\n        return LeNet()\n" + RAISE,
        ACCEPTS, REFUSES, REFUSES,
    ),
    "class in its place": (
        "class create_network:\n    def __new__(cls, name, **kw):\n        return LeNet()\n",
        UNKNOWN, UNKNOWN, UNKNOWN,
    ),
    "with logging": (
        "import logging\nlog = logging.getLogger(__name__)\ndef create_network(name, **kw):\n"
        "    log.info('making %s', name)\n    with open('x') as f:\n        f.read()\n"
        "    if name == 'lenet':\n        return LeNet()\n" + RAISE,
        ACCEPTS, REFUSES, REFUSES,
    ),
    "code made at run time": (
        "exec(open('x').read())\ndef create_network(name, **kw):\n    if name == 'lenet':\n        return LeNet()\n" + RAISE,
        ACCEPTS, UNKNOWN, UNKNOWN,
    ),
    "Python 2": ("print 'hello'\ndef create_network(name):\n    return 1\n", UNKNOWN, UNKNOWN, UNKNOWN),
    "web page": ("<!doctype html><html>sign in</html>", UNKNOWN, UNKNOWN, UNKNOWN),
    "symbolic link": ("../../mindspore_hub_conf.py", UNKNOWN, UNKNOWN, UNKNOWN),
    "empty": ("", UNKNOWN, UNKNOWN, UNKNOWN),
    "generator": ("def create_network(name):\n    yield LeNet()\n", UNKNOWN, UNKNOWN, UNKNOWN),
    "asynchronous": ("async def create_network(name):\n    return LeNet()\n", UNKNOWN, UNKNOWN, UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape(shape: str) -> None:
    code, *answers = SHAPES[shape]
    source = code if answers == [UNKNOWN] * 3 and "def " not in code else HEAD + code
    assert [ask(source, name).answer for name in ("lenet", "ResNet50", "alexnet")] == answers


def test_there_are_at_least_thirty_shapes() -> None:
    assert len(SHAPES) >= 30


def test_a_file_without_the_function_says_so() -> None:
    assert ask(HEAD + "def create_net(name):\n    return LeNet()\n", "lenet").answer is Answer.NO_FUNCTION


def test_a_refusal_names_what_is_taken() -> None:
    code, *_ = SHAPES["if chain"]
    assert ask(HEAD + code, "alexnet").names == ("lenet", "resnet50")
    code, *_ = SHAPES["table"]
    assert ask(HEAD + code, "alexnet").names == ("lenet", "resnet50")


#: Files that would take a parser or a follower of code for ever, or down.
HOSTILE = {
    "brackets": "x = " + "(" * 50_000,
    "closed brackets": "x = " + "[" * 25 + "]" * 25 + "\n" + "(" * 300 + ")" * 300,
    "minus": "x = " + "-" * 60_000 + "1",
    "minus over lines": "x = (" + "-\n" * 30_000 + "1)",
    "not": "x = (" + "not\n" * 15_000 + "1)",
    "attributes": "x = (a" + ".b\n" * 20_000 + ")",
    "calls": "x = (a" + "()\n" * 20_000 + ")",
    "sum": "x = (1" + "+1\n" * 20_000 + ")",
    "power": "x = (2" + "**9\n" * 15_000 + ")",
    "lambda": "x = (" + "lambda:\n" * 8_000 + "1)",
    "conditional": "x = (" + "1 if a else\n" * 5_000 + "1)",
    "elif": "if a:\n    pass\n" + "elif a:\n    pass\n" * 3_000,
    "blocks": "".join(" " * depth + "if a:\n" for depth in range(99)) + " " * 99 + "pass\n",
    "repeated text": "x = 'a' * 10**10\n" * 100,
    "doubling": "x = 'aaaaaaaaaa'\n" + "x = x + x\n" * 5_000,
    "doubling list": "x = [1, 2, 3]\n" + "x = x + x\n" * 2_000,
    "replacing": "x = 'aaaaaaaaaa'\n" + "x = x.replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa')\n" * 500,
    "loop": "while True:\n    pass\n",
    "loop in the function": "def create_network(name):\n    while True:\n        name = name + 'a'\n",
    "recursion": "def create_network(name, *a):\n    return create_network(name)\n",
    "branches": "def create_network(name, **kw):\n" + "    if kw.get('a'):\n        x = 1\n" * 40 + "    raise ValueError\n",
    "nested loops": "L = [0,1,2,3,4,5,6,7,8,9]\n"
    + "".join(" " * depth + f"for i{depth} in L:\n" for depth in range(18))
    + " " * 18
    + "pass\n",
    "null": "x = 1\0",
    "surrogates": "x = '\udc80'",
    "large": "#" * 1_000_000,
    "long line": "x = [" + "1," * 5_000 + "]",
    "number": "x = " + "9" * 1_900,
    "escape": "x = '\\d'\ndef create_network(name):\n    raise ValueError('\\d')\n",
    "definitions in loops": "L = [0,1,2,3,4,5,6,7,8,9]\nfor a in L:\n  for b in L:\n    for c in L:\n      for d in L:\n"
    "       def g(x):\n" + "        x = a + b + c + d\n" * 2_000,
    "functions handed away": "def g(x):\n" + " x = x + x\n" * 3_000 + "h(g)\n" * 4_000,
    "large lists compared": f"L = [{'1, ' * 400}]\n" + "L == L\n" * 8_000,
    "comprehension of comprehensions": "L = [0,1,2,3,4,5,6,7,8,9]\nx = "
    + "[" * 12 + "1" + " for a in L]" * 12 + "\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_left_alone(kind: str) -> None:
    source = HOSTILE[kind] + "\ndef create_network(name):\n    return f(name)\n"
    assert ask(source, "lenet").answer is UNKNOWN
    assert ask(HOSTILE[kind], "lenet").answer in set(Answer)


def test_nothing_is_run(tmp_path: Path) -> None:
    """A file that would leave a trace wherever it were imported, compiled with side effects, or called."""
    canary = tmp_path / "canary"
    touch = f'__import__("pathlib").Path("{canary}").touch()'
    source = (
        f"{touch}\nopen({str(canary)!r}, 'w').write('x')\nimport os\nos.system('touch {canary}')\n"
        f"class Trap:\n    {touch}\n    def __eq__(self, other):\n        {touch}\n        return True\n"
        f"    def __init_subclass__(cls):\n        {touch}\n"
        f"def deco(function, x={touch}):\n    {touch}\n    return function\n"
        f"@deco\ndef create_network(name, default={touch}):\n    {touch}\n"
        f"    if Trap() == name or f'{{{touch}}}' or (lambda: {touch})():\n        return Trap()\n"
        f"    eval({touch!r})\n    exec({touch!r})\n    return [{touch} for _ in range(3)]\n"
    )
    for name in ("lenet", "trap", ""):
        assert ask(source, name).answer in set(Answer)
    assert not canary.exists()
    compile(source, "x", "exec")  # it is Python, so that it could have been run
