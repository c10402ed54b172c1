"""Runs the binary against aiosmtpd servers, and one that dribbles, and holds what they took, and what it said, to what must be."""

import email
import email.policy
import logging
import os
import pathlib
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import warnings

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

BINARY, SCRATCH = sys.argv[1], pathlib.Path(sys.argv[2])
PASSWORD = "correct-Horse-7"
# What goes wrong between the two is what some of the checks want.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

RECIPIENTS = ["Anna <anna@lender.example>", "ben@lender.example"]


class Handler:
    """Keeps what it takes; `manner` is what it does with who comes."""

    def __init__(self, manner):
        self.manner, self.taken = manner, []

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.manner == "refuses":
            return "550 5.1.1 no such user"
        if self.manner == "slow":
            time.sleep(3)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.manner == "drops":
            server.transport.close()
            return "421 gone"
        self.taken.append((list(envelope.rcpt_tos), bytes(envelope.content)))
        return "250 taken"


def login(server, session, envelope, mechanism, data):
    if (data.login, data.password) == (b"recoup", PASSWORD.encode()):
        return AuthResult(success=True)
    return AuthResult(success=False, handled=False)


def context(name):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(SCRATCH / f"{name}.pem", SCRATCH / f"{name}.key")
    return made


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server(Controller):
    def __init__(self, handler, tls, certificate):
        self.is_starttls, self.certificate = tls == "starttls", context(certificate)
        super().__init__(
            handler, hostname="127.0.0.1", port=free_port(), ssl_context=self.certificate if tls == "tls" else None
        )

    def factory(self):
        # A login is asked for, and only over an encrypted line.
        return SMTP(
            self.handler,
            hostname="localhost",
            authenticator=login,
            auth_required=True,
            auth_require_tls=self.is_starttls,
            tls_context=self.certificate if self.is_starttls else None,
            require_starttls=self.is_starttls,
        )


class Folder:
    def __init__(self, name):
        self.path = SCRATCH / name
        self.path.mkdir()
        self.password(PASSWORD)
        self.command("demo", "--loans", "400", "--out", "book.csv", wants=0)

    def password(self, password):
        path = self.path / "password"
        path.write_text(password + "\n")
        path.chmod(0o600)

    def configure(self, port, tls, host="localhost"):
        (self.path / "recoup.toml").write_text(
            f'[mail]\nfrom = "Recoup <recoup@lender.example>"\nto = {RECIPIENTS!r}\n'.replace("'", '"')
            + f'[mail.smtp]\nhost = "{host}"\nport = {port}\ntls = "{tls}"\nuser = "recoup"\npassword_file = "password"\n'
            + f'ca_file = "{SCRATCH}/ca.pem"\nattempts = 2\npause_seconds = 0\ntimeout_seconds = 2\n'
        )

    def command(self, *arguments, wants):
        # Nothing here takes a minute, unless it never ends.
        ended = subprocess.run(
            [BINARY, *arguments], cwd=self.path, capture_output=True, text=True, check=False, timeout=60
        )
        said = ended.stdout + ended.stderr
        assert ended.returncode == wants, f"{arguments}: {ended.returncode}, not {wants}: {said}"
        assert PASSWORD not in said, said
        return said

    def run_and_mail(self, wants):
        return self.command("run", "book.csv", "--as-of", "2026-03-31", "--mail", wants=wants)

    def rows(self, query):
        with sqlite3.connect(self.path / "recoup.db") as connection:
            return connection.execute(query).fetchall()

    def report(self):
        return (self.path / "reports/2026-03-31/report.html").read_bytes()


def check_message(data, folder):
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert not message.defects, message.defects
    for header in ("Date", "Message-ID", "From", "To", "Subject"):
        assert len(message.get_all(header)) == 1, header
    known = {"date", "message-id", "from", "to", "subject", "mime-version", "content-type", "auto-submitted"}
    assert {name.lower() for name in message.keys()} == known, message.keys()
    text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    for part in (text, html):
        assert "the book held 400 loans" in part and "PAR30" in part
    assert len(html.encode()) <= 40 * 1024
    [attachment] = message.iter_attachments()
    attached = attachment.get_content().encode()
    # With masked ids it is the report on the disk but for the ids.
    assert attached.count(b"<section") == folder.report().count(b"<section") > 8
    assert attached.endswith(b"</html>\n") or attached.endswith(b"</html>"), attached[-20:]
    longest = max(len(line) for line in data.split(b"\r\n"))
    assert longest <= 998, f"a line of {longest} bytes (RFC 5322 allows 998)"


def accepts(tls):
    server = Server(Handler("accepts"), tls, "server")
    server.start()
    folder = Folder(f"accepts-{tls}")
    folder.configure(server.port, tls)
    folder.run_and_mail(wants=0)
    assert [to for to, _ in server.handler.taken] == [["anna@lender.example"], ["ben@lender.example"]]
    check_message(server.handler.taken[0][1], folder)
    assert "Nothing to send" in folder.command("mail", wants=0)
    # As a service of systemd has them.
    credentials = folder.path / "credentials"
    credentials.mkdir()
    (credentials / "smtp-user").write_text("recoup")
    (credentials / "smtp-password").write_text(PASSWORD)
    config = (folder.path / "recoup.toml").read_text()
    config = config.replace('user = "recoup"\n', "").replace('password_file = "password"\n', "")
    (folder.path / "recoup.toml").write_text(config)
    os.environ["CREDENTIALS_DIRECTORY"] = str(credentials)
    folder.command("mail", "--again", wants=0)
    del os.environ["CREDENTIALS_DIRECTORY"]
    assert len(server.handler.taken) == 4
    # A wrong password reaches nobody, and is not tried again and again.
    folder.configure(server.port, tls)
    folder.password("wrong")
    assert "refused the login" in folder.command("mail", "--again", wants=5)
    assert len(server.handler.taken) == 4
    for name in folder.path.rglob("*"):
        if name.is_file() and name.parent != credentials:
            assert PASSWORD.encode() not in name.read_bytes(), name
    server.stop()


def fails(manner, message, certificate="server", host="localhost"):
    server = Server(Handler(manner), "starttls", certificate)
    server.start()
    folder = Folder(f"{manner}-{certificate}-{host}")
    folder.configure(server.port, "starttls", host)
    said = folder.run_and_mail(wants=5)
    assert message in said and "the run is safe" in said, said
    assert not server.handler.taken
    assert folder.rows("select count(*) from delivery_history where is_reached") == [(0,)]
    assert folder.rows("select status from runs") == [("complete",)]
    report = folder.report()
    server.stop()
    # The next sending reaches them, and leaves the report as it is.
    good = Server(Handler("accepts"), "starttls", "server")
    good.start()
    folder.configure(good.port, "starttls")
    folder.command("mail", wants=0)
    assert len(good.handler.taken) == 2
    assert folder.report() == report
    good.stop()


def dribbles():
    """A server that never ends its first line: each byte comes in time, the answer never."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        try:
            while True:
                connection.sendall(b"2")
                time.sleep(0.3)
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()
    folder = Folder("dribbles")
    folder.configure(listener.getsockname()[1], "starttls")
    config = (folder.path / "recoup.toml").read_text()
    config = config.replace("attempts = 2", "attempts = 1").replace("timeout_seconds = 2", "timeout_seconds = 1")
    (folder.path / "recoup.toml").write_text(config)
    began = time.monotonic()
    assert "was not done within 10 s" in folder.run_and_mail(wants=5)
    assert time.monotonic() - began < 25
    assert not (folder.path / "recoup.db.lock").exists()


accepts("starttls")
accepts("tls")
fails("refuses", "550")
fails("drops", "localhost")
fails("slow", "did not answer within 2 s")
dribbles()
fails("accepts", "no encrypted connection", certificate="stranger")
# Vouched for, but for another name than the one that is spoken to.
fails("accepts", "no encrypted connection", host="127.0.0.1")
print("the e-mail reaches real servers over STARTTLS and TLS, and says so where it cannot")
