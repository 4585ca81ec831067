"""All commands, the options that they share, and how a command line is run to its exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TextIO, cast

from attrs import frozen
from cyclopts import App, CycloptsError, Group, Parameter

from visma_busy_sync.busy import LeftOutReason
from visma_busy_sync.cli import connect, doctor, orders, reports, sandbox, syncing
from visma_busy_sync.cli.context import Context, Options, language_of
from visma_busy_sync.cli.exits import Exit, Stopped
from visma_busy_sync.cli.shown import Output, Unwritable, writing
from visma_busy_sync.errors import NotReady, OrderNeedsAttention, OrderNotReady, OrderOutcomeUnknown

NAME: Final = "visma-busy-sync"
PREFIX: Final = "VISMA_BUSY_SYNC_"
"""Of the variables of the environment that the commands know."""

_PLAIN: Final = Parameter(negative=(), show_default=False)
"""Of every option, unless it says otherwise: no --no-..., and what is the default stands in its text."""

app: Final = App(
    name=NAME,
    help="Bring projects, customers and products from Visma eAccounting into Busy, and hours back as order "
    "drafts.",
    version=doctor.package_version,
    help_format="markdown",
    default_parameter=_PLAIN,
    suppress_keyboard_interrupt=False,
)


@frozen
class Command:
    """What is told of a command.

    Attributes:
        help: What it does, in a sentence or two.
        example: How it is typed.
    """

    help: str
    example: str


COMMANDS: Final[dict[str, Command]] = {}
"""Every command, in the order of docs/cli.md."""

_CONNECTION: Final = Group("Connection", sort_key=1)
_IMPORT: Final = Group("Import", sort_key=2)
_ORDERS: Final = Group("Orders", sort_key=3)
_CARE: Final = Group("Care", sort_key=4)
_TRIAL: Final = Group("Trial", sort_key=5)
_SHARED: Final = Group("Options of every command", sort_key=9)


def completion(
    shell: Literal["bash", "zsh", "fish"],
    /,
    *,
    install: bool = False,
    context: connect.Hidden,
) -> int:
    """Print a script that completes commands and options in a shell.

    Args:
        shell: Which shell.
        install: Put it where the shell finds it, instead of printing it; the shell's startup file, such as
            ~/.bashrc, is made to load it where that is needed.
    """
    if install:
        context.out.say(f"Installed in {app.install_completion(shell=shell)}; open a new shell.")
        return Exit.DONE
    context.out.raw(app.generate_completion(shell=shell).rstrip())
    return Exit.DONE


def _add(
    parent: App, command: Callable[..., int], name: str, example: str, group: Group | None = None
) -> None:
    place = name if parent is app else f"{parent.name[0]} {name}"
    typed = f"{NAME} {place} {example}".rstrip()
    COMMANDS[place] = Command((command.__doc__ or "").partition("\n")[0], typed)
    parent.command(command, name=name, group=group, help_epilogue=f"Example: `{typed}`")


_order: Final = App(name="order", help="Build and push orders, and see what became of them.", group=_ORDERS)
_company: Final = App(
    name="company", help="Another company that somebody logged in to, and that waits.", group=_CONNECTION
)

_add(app, connect.connect, "connect", "--project-sync", _CONNECTION)
_add(app, connect.status, "status", "--lang nb", _CONNECTION)
_add(app, connect.readiness, "readiness", "", _CONNECTION)
_add(app, connect.disconnect, "disconnect", "--yes", _CONNECTION)
app.command(_company)
_add(_company, connect.preview, "preview", "")
_add(_company, connect.confirm, "confirm", "--yes")
_add(_company, connect.discard, "discard", "")
_add(app, syncing.plan, "plan", "--detailed-exitcode", _IMPORT)
_add(app, syncing.sync, "sync", "--yes", _IMPORT)
_add(app, reports.preflight, "preflight", "--month 2026-03", _ORDERS)
app.command(_order)
_add(_order, orders.build, "build", "0001 --month 2026-03 --output order.json")
_add(_order, orders.push, "push", "order.json")
_add(_order, orders.list_orders, "list", "--state transferred")
_add(_order, orders.show, "show", "ORDER-ID")
_add(_order, orders.read_back, "read-back", "")
_add(_order, orders.recover, "recover", "")
_add(_order, orders.resolve, "resolve", "ORDER-ID --found 3f2a4c1e-0000-4000-8000-000000000001")
_add(_order, orders.withdraw, "withdraw", "ORDER-ID --yes")
_add(_order, orders.release, "release", "ORDER-ID --yes")
_add(_order, orders.reopen, "reopen", "ORDER-ID --yes")
_add(app, reports.billing_proof, "billing-proof", "--month 2026-03", _ORDERS)
_add(app, doctor.doctor, "doctor", "--json", _CARE)
_add(app, doctor.reseal, "reseal", "", _CARE)
_add(app, completion, "completion", "bash", _CARE)
_add(app, sandbox.sandbox, "sandbox", "--port 8080", _TRIAL)
_add(app, sandbox.demo, "demo", "--sandbox", _TRIAL)


app.meta.default_parameter = _PLAIN


@app.meta.default
def launch(
    *tokens: Annotated[str, Parameter(show=False, allow_leading_hyphen=True)],
    tenant: Annotated[str | None, Parameter(env_var="VISMA_BUSY_SYNC_TENANT", group=_SHARED)] = None,
    application: Annotated[
        str | None, Parameter(name="--app", env_var="VISMA_BUSY_SYNC_APP", group=_SHARED)
    ] = None,
    data: Annotated[Path | None, Parameter(env_var="VISMA_BUSY_SYNC_DATA", group=_SHARED)] = None,
    use_sandbox: Annotated[
        bool, Parameter(name="--sandbox", env_var="VISMA_BUSY_SYNC_SANDBOX", group=_SHARED)
    ] = False,
    json: Annotated[bool, Parameter(group=_SHARED)] = False,
    lang: Annotated[
        Literal["nb", "en"] | None, Parameter(env_var="VISMA_BUSY_SYNC_LANG", group=_SHARED)
    ] = None,
    debug: Annotated[bool, Parameter(group=_SHARED)] = False,
) -> int:
    """Run a command.

    Args:
        tenant: The workspace; without --app there is one, which need not be named.
        application: Your own integration, as package.module:name: a BusySync or AsyncBusySync, or a function
            that makes one. Without it, SQLite stores in the data folder are used.
        data: The data folder, which only you can enter.
        use_sandbox: Use the sandbox that runs for the data folder, and the stores beside it.
        json: Write data as JSON.
        lang: Texts in Norwegian (nb) or English (en); by default as your locale says.
        debug: With an error, show where it came from.
    """
    command, bound, extra = app.parse_args(tokens, print_error=False, exit_on_error=False)
    if "context" not in extra:  # the help
        command(*bound.args, **bound.kwargs)
        return Exit.DONE
    out = Output(as_json=json, language=lang or language_of())
    options = Options(app=application, tenant=tenant, data=data, sandbox=use_sandbox, debug=debug)
    context = Context(options, out)
    try:
        with context:
            return int(command(*bound.args, **bound.kwargs, context=context))
    except KeyboardInterrupt:
        out.say("Interrupted.")
        return Exit.INTERRUPTED
    except (BrokenPipeError, Unwritable):  # nothing more can be said there
        raise
    except Exception as error:  # noqa: BLE001 - a host's own ports may raise anything
        code = out.error(error, cure=context.cure(error), debug=debug)
        leads_on = _leads_on(error, code)
        if leads_on is not None:
            out.say(f"Next: {context.hint(leads_on)}", style="dim")
        return code


@frozen
class Shared:
    """What is told of an option that every command has.

    Attributes:
        name: How it is typed.
        variable: The environment variable that says the same; empty where there is none.
        help: What it means.
    """

    name: str
    variable: str
    help: str


def described() -> Sequence[Shared]:
    """Return the options that every command has, as the help tells them."""
    found: list[Shared] = []
    for argument in app.meta.assemble_argument_collection(parse_docstring=True):
        if argument.parameter.show is not False:
            said = " ".join((argument.parameter.help or "").split())
            found.append(Shared(argument.name, ", ".join(argument.parameter.env_var or ()), said))
    return found


def _leads_on(error: Exception, code: Exit) -> str | None:
    """Return the command that leads on from an error; None where its advice says all."""
    match error:
        case OrderNeedsAttention():
            return f"order show {error.order_id}"
        case OrderOutcomeUnknown():
            return "order recover"
        case NotReady():
            return "readiness"
        case OrderNotReady() if any(each.reason is LeftOutReason.ALREADY_ORDERED for each in error.left_out):
            return "order list"
        case _:
            return "connect" if code is Exit.RECONNECT else None


def run(arguments: Sequence[str]) -> int:
    """Run a command line, and return its exit code."""
    _prepare()
    try:
        return _ran(arguments)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:  # who read has what they wanted, such as `head`
        pass
    except Unwritable as error:
        Output().error(Stopped(error.message, code=Exit.FAILED))
    sys.stdout = _nowhere("w")  # for the flush at exit
    return Exit.FAILED


def _prepare() -> None:
    """Have the streams and variables that the commands count on."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # whoever called has closed it
            setattr(sys, name, _nowhere(mode))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a stream of a test's, or a closed one
            cast("TextIOWrapper", stream).reconfigure(errors="backslashreplace")
    for name in [name for name in os.environ if name.startswith(PREFIX) and not os.environ[name]]:
        del os.environ[name]  # an empty one is not set: a file of settings may have it without a value


def _nowhere(mode: str) -> TextIO:
    return cast("TextIO", open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123 - as long as the process


def _ran(arguments: Sequence[str]) -> int:
    try:
        with writing():  # also the help; what else a command fails by does not come so far
            result: Any = app.meta(
                list(arguments), print_error=False, exit_on_error=False, result_action="return_value"
            )
        code = int(result or Exit.DONE)
    except CycloptsError as error:
        out = Output(as_json="--json" in arguments)
        code = out.error(Stopped(str(error), advice=f"See {NAME} --help, or --help after a command."))
    with writing():
        sys.stdout.flush()
    return code
