"""What happens in the demo while one watches: pushes and comments, each once, a while after the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import ForgeError
from bot.forges.demo import deliveries
from bot.forges.demo.stories import ANNA, LIN, MAINTAINER, STORIES, edition, pages
from bot.forges.demo.world import DemoWorld
from bot.model import User


@dataclass(frozen=True, slots=True)
class Scene:
    """Somebody says or pushes something, so many seconds after the scene before.

    `says` is a comment; without one, the author pushes the pages as they should have been.
    `mends` says that the file server which was down is up again by then.
    """

    after: float
    number: int
    by: User
    says: str = ""
    mends: bool = False


#: The pull request with the wrong digest and the Chinese one stay as they are, for whoever comes later.
SCENES = (
    Scene(20, 2, MAINTAINER, "Thank you! The bot lists what is missing.\n\n/status"),
    Scene(15, 2, LIN),
    Scene(15, 1, MAINTAINER, "/hold until the release notes are written"),
    Scene(15, 4, ANNA, "The mirror is up again.\n\n/recheck", mends=True),
    Scene(20, 1, MAINTAINER, "/unhold"),
)


def play(world: DemoWorld, base_url: str, sleep: Callable[[float], None], ended: Callable[[], bool]) -> int:
    """Plays the scenes of this edition unless an earlier start did; returns how many the receiver took.

    Raises `ForgeError` when the receiver stops answering.
    """
    played = world.workdir / f"played-{edition()[:12]}"
    if played.exists():
        world.files.mend()
        return 0
    played.touch()
    taken = 0
    for scene in SCENES:
        sleep(scene.after)
        if ended():
            break
        try:
            taken += 200 <= deliveries.send(base_url, _act(world, scene)) < 300
        except OSError as error:
            raise ForgeError("the receiver stopped answering") from error
    return taken


def _act(world: DemoWorld, scene: Scene) -> deliveries.Request:
    forge = world.forge()
    if scene.mends:
        world.files.mend()
    story = next(story for story in STORIES if story.number == scene.number)
    if scene.says:
        comment = forge.say(story.number, scene.by, scene.says)
        pull = next(pull for pull in forge.open_pulls(world.repository) if pull.ref.number == story.number)
        return deliveries.comment_event(world.secret, pull, comment)
    pushed = forge.push(story.number, pages(story.fix), "Mend what the review found")
    return deliveries.pull_event(world.secret, pushed, "pushed")
