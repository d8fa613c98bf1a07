# SPDX-License-Identifier: Apache-2.0
"""The far sides as they stand in the world: NSD with zones, Postfix with mailboxes. Never the system's own."""
import http.server
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading
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

    def __init__(self, directory, port, hostname="mx.rome.example", settings=(), certificate=None):
        self.directory, self.port = pathlib.Path(directory), port
        shutil.rmtree(self.directory, ignore_errors=True)
        self.configuration, self.mail = self.directory / "etc", self.directory / "mail"
        for name in ("etc", "spool", "data", "mail"):
            (self.directory / name).mkdir(parents=True)
        # Postfix delivers as a user without rights, who has to reach the mailboxes.
        self.directory.chmod(0o755)
        shutil.chown(self.directory / "data", "postfix")
        shutil.chown(self.mail, "nobody", "nogroup")
        self.certificate(hostname) if certificate is None else self.show(certificate)
        self.write(hostname, settings)
        self.run("start")
        until(lambda: answers(self.port), 20, "Postfix")

    def certificate(self, hostname):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", f"/CN={hostname}", "-addext", f"subjectAltName=DNS:{hostname},DNS:localhost",
             "-keyout", self.configuration / "key.pem", "-out", self.configuration / "cert.pem"],
            check=True, capture_output=True)

    def show(self, certificate):
        """Takes a certificate of an `Authority` instead of one of its own."""
        for path, name in zip(certificate, ("cert.pem", "key.pem")):
            shutil.copy(path, self.configuration / name)

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


class Authority:
    """A certificate authority of the test: `ca` is the file to trust, `issue` gives a server's certificate and key."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.ca, self.key, self.count = self.directory / "ca.pem", self.directory / "ca.key", 0
        self.openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", "/CN=An authority of tests", "-keyout", self.key, "-out", self.ca)

    def openssl(self, *arguments, **options):
        return subprocess.run(["openssl", *arguments], check=True, capture_output=True, **options)

    def issue(self, *names, days=30):
        """The chain's file and the key's; `days` below zero is a certificate that has expired."""
        self.count += 1
        stem = self.directory / f"server{self.count}"
        key, request, chain = (stem.with_suffix(suffix) for suffix in (".key", ".csr", ".pem"))
        extensions = stem.with_suffix(".cnf")
        extensions.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names))
        self.openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server",
            "-keyout", key, "-out", request)
        moment = time.time() + min(days, 0) * 86_400 - 86_400
        clock = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(at)) for at in (moment, moment + abs(days) * 86_400)]
        database = stem.with_suffix(".index")
        database.write_text("")
        configuration = stem.with_suffix(".ca")
        configuration.write_text(f"""
[ca]
default_ca = it
[it]
database = {database}
new_certs_dir = {self.directory}
rand_serial = yes
policy = any
default_md = sha256
[any]
commonName = optional
""")
        self.openssl(
            "ca", "-batch", "-notext", "-config", configuration, "-cert", self.ca, "-keyfile", self.key, "-in", request,
            "-out", chain, "-startdate", clock[0], "-enddate", clock[1], "-extfile", extensions)
        chain.write_text(chain.read_text() + self.ca.read_text())
        return chain, key

    def digest(self, certificate):
        """What a TLSA record `3 1 1` of the certificate holds: SHA-256 of its public key."""
        public = self.openssl("x509", "-in", certificate[0], "-noout", "-pubkey").stdout
        der = self.openssl("pkey", "-pubin", "-outform", "DER", input=public).stdout
        return self.openssl("dgst", "-sha256", "-hex", input=der).stdout.decode().split()[-1]


class WebServer:
    """HTTPS on 127.0.0.1: `pages` by host and path, as (status, type, body); keeps what was asked and posted."""

    def __init__(self, port, certificate):
        self.port, self.pages, self.asked, self.posted = port, {}, [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def key(self):
                return self.headers["Host"].split(":")[0] + self.path

            def do_GET(self):
                outer.asked.append(self.key())
                status, kind, body = outer.pages.get(self.key(), (404, "text/plain", b""))
                self.send_response(status)
                self.send_header("Content-Type" if status < 300 or status >= 400 else "Location", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posted.append((self.key(), self.headers["Content-Type"], body))
                self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
