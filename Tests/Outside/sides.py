# SPDX-License-Identifier: Apache-2.0
"""The far sides as they stand in the world: NSD with zones, Postfix with mailboxes. Never the system's own."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time


def until(condition, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true in {seconds} s")


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class NameServer:
    """NSD on 127.0.0.1, with its response rate limit off: a test asks more than a stranger may."""

    def __init__(self, directory, port):
        self.directory, self.port = pathlib.Path(directory), port
        self.directory.mkdir(parents=True)
        self.zones, self.serial, self.process = {}, 0, None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def zone(self, origin, *lines):
        """Serves `lines` below `origin` instead of what it served there before.

        A zone that is new costs a restart, and a resolver remembers a server that was away: name all zones before the
        server under test starts.
        """
        is_new = origin not in self.zones
        self.serial += 1
        self.zones[origin] = self.serial
        text = [f"$ORIGIN {origin}.", "$TTL 1",
                f"@ IN SOA ns.{origin}. hostmaster.{origin}. {self.serial} 1 1 600 1",
                "@ IN NS ns", "ns IN A 127.0.0.1", *lines, ""]
        (self.directory / f"{origin}.zone").write_text("\n".join(text))
        self.restart() if is_new else self.reload(origin)

    def reload(self, origin):
        os.kill(int((self.directory / "nsd.pid").read_text()), signal.SIGHUP)
        until(lambda: self.served(origin) == self.zones[origin], 10, f"the new zone {origin}")

    def served(self, origin):
        """The serial number of the zone that is answered with."""
        import dns.exception
        import dns.message
        import dns.query
        try:
            answer = dns.query.udp(dns.message.make_query(f"{origin}.", "SOA"), "127.0.0.1", timeout=0.5, port=self.port)
        except (dns.exception.DNSException, OSError):
            return None
        return answer.answer[0][0].serial if answer.answer else None

    def sign(self, origin):
        """Signs a zone that stands, and returns the trust anchor that proves it."""
        key = subprocess.run(
            ["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", origin], cwd=self.directory, check=True,
            capture_output=True, text=True).stdout.strip()
        subprocess.run(
            ["ldns-signzone", "-f", f"{origin}.signed", f"{origin}.zone", key], cwd=self.directory, check=True,
            capture_output=True)
        (self.directory / f"{origin}.signed").replace(self.directory / f"{origin}.zone")
        self.restart()
        return self.directory / f"{key}.ds"

    def anchor(self):
        """A trust anchor that covers nothing: names are then neither proven nor in need of proof."""
        path = self.directory / "anchor"
        path.write_text(f"unused.invalid. IN DS 1 13 2 {'0' * 64}\n")
        return path

    def restart(self):
        self.stop()
        zones = "".join(f'zone:\n  name: "{name}"\n  zonefile: "{name}.zone"\n' for name in self.zones)
        (self.directory / "nsd.conf").write_text(f"""
server:
  ip-address: 127.0.0.1@{self.port}
  username: ""
  zonesdir: "{self.directory}"
  database: ""
  xfrdfile: "{self.directory}/xfrd.state"
  xfrdir: "{self.directory}"
  zonelistfile: "{self.directory}/zone.list"
  pidfile: "{self.directory}/nsd.pid"
  logfile: "{self.directory}/nsd.log"
  server-count: 1
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
remote-control:
  control-enable: no
{zones}""")
        self.process = subprocess.Popen(
            ["nsd", "-d", "-c", self.directory / "nsd.conf"], stderr=subprocess.DEVNULL, start_new_session=True)
        until(lambda: answers(self.port), 10, "the name server")

    def stop(self):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)


class Postfix:
    """Postfix as the recipients' mail server: takes every recipient of its domains, keeps mail in Maildirs."""

    DOMAINS = ("rome.example", "oslo.example")

    def __init__(self, directory, port, hostname="mx.rome.example", settings=()):
        self.directory, self.port = pathlib.Path(directory), port
        shutil.rmtree(self.directory, ignore_errors=True)
        self.configuration, self.mail = self.directory / "etc", self.directory / "mail"
        for name in ("etc", "spool", "data", "mail"):
            (self.directory / name).mkdir(parents=True)
        # Postfix delivers as a user without rights, who has to reach the mailboxes.
        self.directory.chmod(0o755)
        shutil.chown(self.directory / "data", "postfix")
        shutil.chown(self.mail, "nobody", "nogroup")
        self.certificate(hostname)
        self.write(hostname, settings)
        self.run("start")
        until(lambda: answers(self.port), 20, "Postfix")

    def certificate(self, hostname):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", f"/CN={hostname}", "-addext", f"subjectAltName=DNS:{hostname},DNS:localhost",
             "-keyout", self.configuration / "key.pem", "-out", self.configuration / "cert.pem"],
            check=True, capture_output=True)

    def write(self, hostname, settings):
        nobody = shutil._get_uid("nobody")
        group = shutil._get_gid("nogroup")
        (self.configuration / "main.cf").write_text("\n".join([
            "compatibility_level = 3.6", f"queue_directory = {self.directory}/spool",
            f"data_directory = {self.directory}/data", f"myhostname = {hostname}", "mydestination =",
            "inet_interfaces = 127.0.0.1", "inet_protocols = ipv4", "mynetworks = 127.0.0.0/8",
            f"virtual_mailbox_domains = {', '.join(self.DOMAINS)}", f"virtual_mailbox_base = {self.mail}",
            "virtual_mailbox_maps = static:all/", f"virtual_uid_maps = static:{nobody}",
            f"virtual_gid_maps = static:{group}", "alias_maps =", "local_recipient_maps =",
            "message_size_limit = 60000000", "virtual_mailbox_limit = 0", "mailbox_size_limit = 0",
            f"smtpd_tls_cert_file = {self.configuration}/cert.pem", f"smtpd_tls_key_file = {self.configuration}/key.pem",
            "smtpd_tls_security_level = may", "smtpd_tls_received_header = yes",
            f"maillog_file = {self.directory}/log", f"maillog_file_prefixes = {self.directory}", *settings, ""]))
        service = "{name} unix - - n - {limit} {command}"
        (self.configuration / "master.cf").write_text("\n".join(
            [f"127.0.0.1:{self.port} inet n - n - - smtpd",
             "pickup unix n - n 60 1 pickup", "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
             "tlsmgr unix - - n 1000? 1 tlsmgr", "rewrite unix - - n - - trivial-rewrite",
             "postlog unix-dgram n - n - 1 postlogd", "proxymap unix - - n - - proxymap", "anvil unix - - n - 1 anvil",
             "scache unix - - n - 1 scache", "flush unix n - n 1000? 0 flush",
             # These two become the recipient, so they start with rights.
             "virtual unix - n n - - virtual", "local unix - n n - - local"]
            + [service.format(name=name, limit=0, command="bounce") for name in ("bounce", "defer", "trace")]
            + [service.format(name=name, limit="-", command=command) for name, command in (
                ("error", "error"), ("retry", "error"), ("smtp", "smtp"), ("relay", "smtp"), ("discard", "discard"),
                ("verify", "verify"))] + [""]))

    def run(self, verb):
        done = subprocess.run(["postfix", "-c", self.configuration, verb], capture_output=True, text=True)
        if verb == "start" and done.returncode:
            raise AssertionError(f"postfix {verb}: {done.stdout}{done.stderr}{self.log()}")

    def log(self):
        path = self.directory / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def messages(self):
        """Everything that arrived, as bytes with CRLF, without what Postfix put on top for its own mailbox."""
        found = []
        for path in sorted(self.mail.rglob("new/*"), key=lambda path: path.stat().st_mtime):
            found.append(path.read_bytes().replace(b"\n", b"\r\n"))
        return found

    def wait(self, count=1, seconds=30):
        until(lambda: len(self.messages()) >= count, seconds, f"{count} messages at Postfix: {self.log()[-2000:]}")
        return self.messages()

    def stop(self):
        self.run("stop")
        until(lambda: not answers(self.port), 10, "the end of Postfix")
        shutil.rmtree(self.directory, ignore_errors=True)
