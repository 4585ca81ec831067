"""What one process does with an order, from beginning to end; each story is then disturbed at every point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
from attrs import frozen

from visma_busy_sync.integration import _reading_back
from visma_busy_sync.orders import State
from visma_busy_sync.testing import scheduler

from .lasting import Stores
from .office import ACME
from .order_ports import HOUR, Fault, Line
from .order_scene import ALLOWED, Job, Scene, finalised
from .small_orders import Ways


@frozen(kw_only=True)
class Story:
    """A story with one order, `o`, and sometimes others.

    Attributes:
        before: What happened before it, undisturbed.
        act: What a process does, which is disturbed.
        ends: Where the order stands afterwards, if nothing disturbs it.
        ways: Switches of eAccounting that the story needs.
        meets: What goes wrong in it all the same, by the port call.
        resends: Whether the host chose that orders are sent again.
        retries: How often a process tries a call again.
    """

    before: Callable[[Scene], None] = lambda _: None
    act: Callable[[Scene], Job]
    ends: State
    ways: Mapping[str, Any] = attrs.field(factory=dict[str, Any])
    meets: Mapping[str, Fault] = attrs.field(factory=dict[str, Fault])
    resends: bool = False
    retries: int = 0

    def scene(self, world: scheduler.World, stores: Stores, ways: Ways) -> Scene:
        """Make the scene in which it begins."""
        scene = Scene(
            world,
            attrs.evolve(ways, **self.ways),
            stores=stores,
            resends=self.resends,
            retries=self.retries,
        )
        scene.orders["o"] = finalised("o", "h1", "h2")
        self.before(scene)
        return scene


def pushed(scene: Scene) -> None:
    """The order is transferred, and nothing of it is late any more."""
    scene.do(scene.push("o"))
    scene.world.clock.advance(HOUR)


def goes_wrong(scene: Scene, job: Job, operation: str, fault: Fault | None) -> None:
    """A process does a job, and something goes wrong at an operation; without a fault it dies there."""
    line = Line(scene.world, lambda name: fault if name == operation else None)
    work = scene.worker(job, line)
    if fault is not None:
        scene.world.run({"before": work}, expected=ALLOWED)
        return
    rehearsal = _until(scene, job, operation)
    scene.world.run({"before": work}, crash={"before": rehearsal}, expected=ALLOWED)


def _until(scene: Scene, job: Job, operation: str) -> int:
    """Return at which point a process comes to an operation, and leave all as it was."""
    kept, made = scene.kept(), Line(scene.world)
    scene.world.run({"rehearsal": scene.worker(job, made)}, expected=ALLOWED)
    scene.bring_back(kept)
    return made.awaits.index(operation) + 1


def unanswered(fault: Fault | None, *, hours: int = 0) -> Callable[[Scene], None]:
    """The answer to the POST did not come; some hours ago."""

    def before(scene: Scene) -> None:
        goes_wrong(scene, scene.push("o"), "POST /orders", fault)
        scene.world.clock.advance(hours * HOUR)

    return before


def escalated(fault: Fault) -> Callable[[Scene], None]:
    """It did not come, and the order was not seen."""

    def before(scene: Scene) -> None:
        unanswered(fault, hours=1)(scene)
        scene.do(scene.recover())

    return before


def beside_another(scene: Scene) -> None:
    """The same, while another order is there."""
    scene.orders["other"] = finalised("other", "h3")
    scene.do(scene.push("other"))
    unanswered(Fault.CUT)(scene)


def looked_for(scene: Scene) -> None:
    """And it was looked for, in vain."""
    beside_another(scene)
    scene.do(scene.recover())
    scene.world.clock.advance(HOUR)


def upstream(*deeds: str) -> Callable[[Scene], None]:
    """It is transferred; then people do something with it in eAccounting, and it is read back between."""

    def before(scene: Scene) -> None:
        pushed(scene)
        (made,) = scene.server.live()
        row = made.row
        for deed in deeds:
            if deed == "read back":
                scene.do(scene.read_back())
            elif deed == "restore":
                made.row = row
            else:
                getattr(scene.server, deed)(made)

    return before


def refused(scene: Scene) -> None:
    """Eaccounting refused it."""
    scene.do(scene.push("o"))


def withdrawing(scene: Scene) -> None:
    """A process died while it deleted the draft."""
    pushed(scene)
    goes_wrong(scene, scene.withdraw("o"), "DELETE /orders/{id}", None)


def withdrawn(scene: Scene) -> None:
    """It was withdrawn."""
    pushed(scene)
    scene.do(scene.withdraw("o"))


def restored(scene: Scene) -> None:
    """The database was restored, and does not know that the order was sent."""
    scene.orders["other"] = finalised("other", "h3")
    scene.do(scene.push("other"))
    kept = scene.backup()
    pushed(scene)
    scene.restore(kept)


def shared(scene: Scene) -> None:
    """Another order has hours of it."""
    scene.orders["other"] = finalised("other", "h2", "h3")


def _release(scene: Scene) -> Job:
    return lambda site: _reading_back.release(site, ACME, "o")


def _resend(scene: Scene) -> Job:
    """A person decides, and a process sends it."""

    async def job(site: Any) -> object:
        await scene.resolve("o")(site)
        return await scene.push_due()(site)

    return job


def _push(scene: Scene) -> Job:
    return scene.push("o")


def _withdraw(scene: Scene) -> Job:
    return scene.withdraw("o")


STORIES: Final[Mapping[str, Story]] = {
    "push": Story(act=_push, ends=State.TRANSFERRED),
    "push, and try again": Story(act=_push, ends=State.TRANSFERRED, retries=1),
    "push what was denied": Story(before=unanswered(Fault.DENIED), act=_push, ends=State.TRANSFERRED),
    "push what is denied": Story(act=_push, ends=State.RESERVED, meets={"POST /orders": Fault.DENIED}),
    "push too often": Story(act=_push, ends=State.RESERVED, meets={"POST /orders": Fault.LIMITED}),
    "push what is answered unclearly": Story(
        act=_push, ends=State.OUTCOME_UNKNOWN, meets={"POST /orders": Fault.UNCLEAR_DONE}
    ),
    "push with an empty answer": Story(act=_push, ends=State.TRANSFERRED, ways={"told": False}),
    "push to a list without drafts": Story(act=_push, ends=State.TRANSFERRED, ways={"drafts_listed": False}),
    "push what is refused": Story(act=_push, ends=State.REJECTED, ways={"refuses": 1}),
    # Where drafts are not listed, nobody can find what a restored database forgot.
    "push from a restored database": Story(
        before=restored, act=_push, ends=State.TRANSFERRED, ways={"drafts_listed": True}
    ),
    "push many": Story(before=shared, act=Scene.push_many, ends=State.TRANSFERRED),
    "push what is due": Story(act=Scene.push_due, ends=State.TRANSFERRED),
    "revise what was refused": Story(
        before=refused, act=lambda scene: scene.revise("o"), ends=State.TRANSFERRED, ways={"refuses": 1}
    ),
    "revise what was withdrawn": Story(
        before=withdrawn, act=lambda scene: scene.revise("o"), ends=State.TRANSFERRED
    ),
    "recover what is there": Story(before=unanswered(Fault.LOST), act=Scene.recover, ends=State.TRANSFERRED),
    "recover what is not": Story(before=unanswered(Fault.CUT), act=Scene.recover, ends=State.OUTCOME_UNKNOWN),
    "recover what is not, late": Story(
        before=unanswered(Fault.CUT, hours=1), act=Scene.recover, ends=State.NEEDS_ATTENTION
    ),
    "recover after a crash": Story(
        before=unanswered(None, hours=1), act=Scene.recover, ends=State.OUTCOME_UNKNOWN
    ),
    "look once": Story(before=beside_another, act=Scene.recover, ends=State.OUTCOME_UNKNOWN, resends=True),
    "look twice, and send again": Story(
        before=looked_for, act=Scene.push_due, ends=State.TRANSFERRED, resends=True
    ),
    "resolve what is there": Story(
        before=escalated(Fault.LOST),
        act=lambda scene: scene.resolve("o"),
        ends=State.TRANSFERRED,
        ways={"drafts_listed": False},
    ),
    "resolve what is not": Story(before=escalated(Fault.CUT), act=_resend, ends=State.TRANSFERRED),
    "withdraw": Story(before=pushed, act=_withdraw, ends=State.WITHDRAWN),
    "withdraw what was edited": Story(before=upstream("edit"), act=_withdraw, ends=State.TRANSFERRED),
    "withdraw what has another id": Story(
        before=upstream("convert"), act=_withdraw, ends=State.NEEDS_ATTENTION, ways={"new_id": True}
    ),
    "carry a withdrawal on": Story(before=withdrawing, act=Scene.recover, ends=State.WITHDRAWN),
    "read back": Story(before=pushed, act=Scene.read_back, ends=State.TRANSFERRED),
    "read back what is due": Story(before=pushed, act=Scene.read_back_due, ends=State.TRANSFERRED),
    "read back what was deleted": Story(
        before=upstream("delete"), act=Scene.read_back, ends=State.GONE_UPSTREAM
    ),
    "read back what has another id": Story(
        before=upstream("convert"), act=Scene.read_back, ends=State.TRANSFERRED, ways={"new_id": True}
    ),
    "release": Story(before=upstream("delete", "read back"), act=_release, ends=State.RELEASED),
    "release what is there": Story(
        before=upstream("delete", "read back", "restore"), act=_release, ends=State.TRANSFERRED
    ),
}
