"""The mail servers of the tests of incoming mail: Debian’s Dovecot and Postfix, set up by the tests themselves."""

from __future__ import annotations

import os
import shutil

from environment import apt_install, as_root_on_debian, say

PROGRAMS = ("dovecot", "postfix")
PACKAGES = ("dovecot-imapd", "dovecot-lmtpd", "postfix")
PLACES = os.pathsep.join(["/usr/sbin", "/sbin", "/usr/local/sbin", os.environ.get("PATH", "")])


def bring_mail_servers() -> None:
    """Install what is missing where that can be done; elsewhere the tests that need it fail and say so."""
    if not _missing() or not as_root_on_debian():
        return
    say("Installing Debian’s Dovecot and Postfix")
    apt_install(*PACKAGES)


def _missing() -> list[str]:
    return [name for name in PROGRAMS if shutil.which(name, path=PLACES) is None]
