"""`vigil account`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pipelines.errors import BadInput
from pipelines.private_folder import make_private
from pipelines.records import Grade
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.store import Repository
    from pipelines.store.entries import User

_OPERATOR = "operator"  # whoever may run commands on the machine
_LONGEST = 64  # what the page and the API take for signing in


def register(app: typer.Typer) -> None:
    """Add the commands."""
    account = typer.Typer(help="Who may sign in: list, add, new grade, new password, disable.", no_args_is_help=True)
    account.command(name="list")(list_accounts)
    account.command()(add)
    account.command()(grade)
    account.command()(password)
    account.command()(disable)
    app.add_typer(account, name="account")


Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account.")]


def list_accounts() -> None:
    """List the accounts with their grade."""
    with _repository() as repository:
        for user in repository.users():
            state = " (disabled)" if user.disabled else ""
            Console().print(f"{user.name}  {user.grade}{state}", markup=False, highlight=False)


def add(
    name: Name,
    grade: Annotated[
        Grade, typer.Option(help="What the account is for, and so what it may do (docs/review-and-api.md).")
    ] = Grade.INSPECTOR,
) -> None:
    """Add an account with a random password, which is shown once."""
    from pipelines.passwords import hash_password, random_password
    from pipelines.store.entries import User

    _check(name)
    with _repository() as repository:
        if repository.user(name) is not None:
            raise BadInput(name, "there is such an account already", f"`vigil account password {name}` gives it a new password")
        secret, now = random_password(), datetime.now(UTC)
        repository.put_user(User(name, hash_password(secret), grade.value, now))
        repository.audit("account.create", _OPERATOR, name, now, grade.value)
    _show(name, secret)


def grade(
    name: Name,
    to: Annotated[
        Grade, typer.Argument(metavar="GRADE", help="What the account is for from now on, also where it is signed in.")
    ],
) -> None:
    """Give an account another grade; it counts from its next request on."""
    with _repository() as repository:
        user = _known(repository, name)
        repository.put_user(replace(user, grade=to.value))
        repository.audit("account.grade", _OPERATOR, name, datetime.now(UTC), f"{user.grade} -> {to.value}")


def password(name: Name) -> None:
    """Give an account a new random password, shown once, and end its sessions."""
    from pipelines.passwords import hash_password, random_password

    with _repository() as repository:
        user, secret = _known(repository, name), random_password()
        repository.put_user(replace(user, password_hash=hash_password(secret), disabled=False))
        repository.close_all_sessions(name)
        repository.audit("account.password", _OPERATOR, name, datetime.now(UTC), "enabled again" if user.disabled else "")
    _show(name, secret)


def disable(name: Name) -> None:
    """Let an account sign in no more and end its sessions; what it decided stays. A new password enables it again."""
    with _repository() as repository:
        repository.put_user(replace(_known(repository, name), disabled=True))
        repository.close_all_sessions(name)
        repository.audit("account.disable", _OPERATOR, name, datetime.now(UTC))


@contextmanager
def _repository() -> Iterator[Repository]:
    from pipelines.store import Repository, migrate, open_database

    settings = Settings()
    make_private(settings.data_dir)
    with open_database(settings.database) as database:
        migrate(database)
        yield Repository(database)


def _check(name: str) -> None:
    """Refuse what nobody could read in a list or type when signing in; the name is not repeated."""
    if not name.strip():
        problem = "is empty"
    elif not name.isprintable():
        problem = "holds line breaks or other signs that cannot be shown"
    elif len(name) > _LONGEST:
        problem = f"has {len(name)} characters"
    else:
        return
    raise BadInput("NAME", problem, f"choose a name of 1 to {_LONGEST} letters, such as thanh.tra")


def _known(repository: Repository, name: str) -> User:
    user = repository.user(name)
    if user is None:
        names = ", ".join(user.name for user in repository.users()) or "none yet; `vigil serve` makes the first"
        raise BadInput(name, "there is no such account", f"there are: {names}")
    return user


def _show(name: str, secret: str) -> None:
    """Straight to the terminal, never through a log."""
    print(f"Account:  {name}\nPassword: {secret}\n(shown this once; only its hash is kept)")
