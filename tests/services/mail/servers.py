"""A real Postfix before a real Dovecot, on ports of this machine and in a folder of their own."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

DOMAIN = "kervella.example"
AUTHSERV = f"mx.{DOMAIN}"
PASSWORD = "secret"
PLACES = os.pathsep.join(["/usr/sbin", "/sbin", "/usr/local/sbin", os.environ.get("PATH", "")])
WANTED = (
    "{0} is missing: the tests of incoming mail need Debian's dovecot-imapd, dovecot-lmtpd and postfix"
    " (script/test installs them when it runs as root)"
)

DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
default_internal_user = {inner}
default_internal_group = {inner_group}
default_login_user = {login}
mail_location = maildir:{folder}/mail/%u
mail_uid = {owner}
mail_gid = {group}
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={folder}/mail/%u allow_all_users=yes
}}
recipient_delimiter = +
protocol lmtp {{
  auth_username_format = %n
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""
POSTFIX = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
mail_owner = {owner}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = {authserv}
mydestination =
virtual_mailbox_domains = {domain}
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_data_restrictions = check_sender_access
  inline:{{ {{forged@{domain}=PREPEND X-Checked: nothing}}, {{{domain}={passed}}} }}
recipient_delimiter = +
alias_maps =
alias_database =
biff = no
"""
MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Servers(msgspec.Struct, frozen=True):
    """Where the servers listen."""

    smtp: int
    imap: int
    lmtp: int
    folder: Path

    @property
    def smtp_url(self) -> str:
        return f"smtp://127.0.0.1:{self.smtp}"

    def imap_url(self, user: str = "task") -> str:
        return f"imap://{user}:{PASSWORD}@127.0.0.1:{self.imap}/INBOX?idle"


def program(name: str) -> str:
    found = shutil.which(name, path=PLACES)
    assert found, WANTED.format(name)
    return found


def free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


@contextmanager
def mail_servers(folder: Path) -> Iterator[Servers]:
    """Postfix takes mail, says as the receiving server who it is from, and hands it to Dovecot, which keeps it."""
    assert os.geteuid() == 0, "Postfix starts as root only: run the tests of incoming mail as root"
    smtp, imap, lmtp = free_ports(3)
    made = Servers(smtp, imap, lmtp, folder)
    folder.chmod(0o755)
    dovecot = _start_dovecot(made)
    try:
        with _postfix(made):
            for port in (smtp, imap, lmtp):
                _await(port, made)
            yield made
    finally:
        dovecot.send_signal(signal.SIGTERM)
        dovecot.wait(timeout=20)


def _start_dovecot(made: Servers) -> "subprocess.Popen[bytes]":
    (made.folder / "mail").mkdir()
    shutil.chown(made.folder / "mail", "nobody", "nogroup")
    people = {"inner": "dovecot", "inner_group": "dovecot", "login": "dovenull", "owner": "nobody", "group": "nogroup"}
    text = DOVECOT.format(folder=made.folder, imap=made.imap, lmtp=made.lmtp, password=PASSWORD, **people)
    config = made.folder / "dovecot.conf"
    config.write_text(text)
    return subprocess.Popen([program("dovecot"), "-F", "-c", str(config)])


@contextmanager
def _postfix(made: Servers) -> Iterator[None]:
    config = made.folder / "postfix"
    for name in ("postfix", "queue", "data"):
        (made.folder / name).mkdir()
    shutil.chown(made.folder / "data", "postfix")
    passed = f"PREPEND Authentication-Results: {AUTHSERV}; dmarc=pass header.from={DOMAIN}"
    names = {"folder": made.folder, "authserv": AUTHSERV, "domain": DOMAIN, "lmtp": made.lmtp, "passed": passed}
    (config / "main.cf").write_text(POSTFIX.format(owner="postfix", **names))
    (config / "master.cf").write_text(MASTER.format(smtp=made.smtp))
    command = [program("postfix"), "-c", str(config)]
    subprocess.run([*command, "start"], check=True, capture_output=True, timeout=60)
    try:
        yield
    finally:
        subprocess.run([*command, "abort"], check=False, capture_output=True, timeout=60)


def _await(port: int, made: Servers) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
                if line.recv(4):
                    return
        except OSError:
            time.sleep(0.05)
    logs = [file.read_text()[-2000:] for file in made.folder.glob("*.log")]
    raise AssertionError(f"no server answers at port {port}: {logs}")
