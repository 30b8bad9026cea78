"""Names of runs that are created without one."""

from __future__ import annotations

import random

# 10,000 names: two runs of one night seldom have the same.
_ADJECTIVES = (
    "able agile airy amber ample apt azure bold brave breezy bright brisk bronze calm candid "
    "civil clear clever coral cosmic crisp curious daring dapper deft eager early earnest "
    "easy elegant fair fancy fast fleet fluent fond frank fresh gentle gilded glad golden "
    "grand green handy hardy hazel honest ideal indigo ivory jade jolly just keen kind large "
    "lavish light lively loyal lucid lunar lush mellow merry mild misty modest neat nimble "
    "noble olive open patient placid polite prime proud quick quiet rapid ready ruby rustic "
    "scarlet serene sharp silver sleek smooth solar sound stable steady sunny swift teal tidy "
    "vivid warm"
)
_NOUNS = (
    "acorn alder anchor antler aspen badger bay beacon beaver birch bison bluff breeze bridge "
    "brook canyon cedar cliff clover comet coral cove crane creek crest curlew cypress dawn "
    "delta dolphin dune eagle egret ember falcon fern finch fjord forest fox garnet glacier "
    "glade grove gull harbor hare hawk hazel heron hill ibis inlet iris island jay juniper "
    "kestrel kite lagoon lantern lark laurel linden lotus lynx magpie maple marlin marsh "
    "marten meadow mesa meteor moss oak orbit orchid osprey otter owl panther pebble pine "
    "plover pond poplar prairie puffin quail quartz raven reef ridge river robin sable sage "
    "seal spruce stork swan wren"
)


# The server may be in the process of a run, which may have seeded the generator of the module.
_generator = random.SystemRandom()


def random_name() -> str:
    """Return an adjective and a noun."""
    words = (_generator.choice(text.split()) for text in (_ADJECTIVES, _NOUNS))
    return "-".join(words)
