"""Users: an administrator lets them in by a link that is mailed to them and works once."""

from typing import Literal

from entente.kernel.db.tx import Tx
from entente.kernel.identity.invitations import invite as make_link
from entente.kernel.identity.invitations import ways_in
from entente.kernel.kit.refusal import Refused
from entente.kernel.records.behaviours import action
from entente.kernel.records.record import Record
from entente.kernel.records.save import save
from entente.services.mail.access_links import mail_link
from entente.services.stream.noting import WAY_IN, Thing, note


def is_newcomer(tx: Tx, user: Record) -> bool:
    """Whether the principal may invite an active user, who has no password yet."""
    return _is_let_in(tx, user) and not _has_password(tx, user)


def is_at_home(tx: Tx, user: Record) -> bool:
    """Whether the principal may send an active user, who has a password, a link for another one."""
    return _is_let_in(tx, user) and _has_password(tx, user)


def _is_let_in(tx: Tx, user: Record) -> bool:
    return tx.principal.is_admin and bool(user["active"])


def _has_password(tx: Tx, user: Record) -> bool:
    return ways_in(tx, [user.id])[user.id].has_password


@action("user", scope="each", icon="mail", undo=False, admits=is_newcomer, mails=True)
def invite(tx: Tx, user: Record) -> Record:
    """The user, invited by e-mail to choose a password within seven days; earlier links stop working."""
    _send(tx, user, "invite")
    return save(tx, "user", {"invited_at": tx.clock.now()}, id=user.id, trusted=True)


@action("user", scope="each", icon="lock", undo=False, admits=is_at_home, mails=True)
def send_password_link(tx: Tx, user: Record) -> Record:
    """The user, to whom a link was mailed with which a new password is chosen within two hours."""
    _send(tx, user, "reset")
    return user


def _send(tx: Tx, user: Record, purpose: Literal["invite", "reset"]) -> None:
    link = f"{tx.settings.address}/invitation/{make_link(tx, user.id, purpose)}"
    if not mail_link(tx, user, purpose, link):
        raise Refused("user.no_email", name=user["name"] or user["login"])
    note(tx, Thing(WAY_IN, str(user.id), user["name"]), purpose, {})
