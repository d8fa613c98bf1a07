# SPDX-License-Identifier: Apache-2.0
"""Mail that is assigned to a pool leaves from the pool's addresses, each with its own name, and from no other: not while
an address is blocked, warms up or is drained, and not while a pool has no address that may be used."""
import asyncio
import collections
import concurrent.futures
import subprocess
import threading

import pytest
from conftest import free_port, need, wait_for

POOLS = {"marketing": {"127.0.0.2", "127.0.0.3"}, "alerts": {"127.0.0.4"}}
HOSTNAMES = {f"127.0.0.{number}": f"out{number}.example.com" for number in (2, 3, 4)}
BLOCK = (
    "554 5.7.1 Service unavailable; Client host [{peer}] blocked using zen.spamhaus.org; "
    "https://www.spamhaus.org/query/ip/{peer}")
CLIENTS = 8


class FarSide:
    """An SMTP server that writes down from where, and under which name, each message came."""

    def __init__(self):
        self.messages, self.blocked, self.refused, self.is_busy, self.deferred = [], set(), 0, False, 0
        self.port = free_port()
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        threading.Thread(target=self.run, args=(ready,), daemon=True).start()
        ready.wait()

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=1 << 22))
        ready.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        peer, name = writer.get_extra_info("peername")[0], None
        writer.write(b"220 mx.rome.example\r\n")
        try:
            while line := await reader.readline():
                verb = line.decode().strip()
                if verb.startswith("EHLO"):
                    name = verb[5:]
                    writer.write(b"250-mx.rome.example\r\n250 PIPELINING\r\n")
                elif verb.startswith("MAIL") and peer in self.blocked:
                    self.refused += 1
                    writer.write(BLOCK.format(peer=peer).encode() + b"\r\n")
                elif verb.startswith("MAIL") and self.is_busy:
                    self.deferred += 1
                    writer.write(b"451 4.3.2 come back later\r\n")
                elif verb == "DATA" and (peer in self.blocked or self.is_busy):
                    writer.write(b"503 5.5.1 no sender\r\n")
                elif verb == "DATA":
                    writer.write(b"354 go\r\n")
                    await writer.drain()
                    content = (await reader.readuntil(b"\r\n.\r\n")).decode()
                    headers = dict(field.split(": ", 1) for field in content.split("\r\n\r\n")[0].split("\r\n") if ": " in field)
                    self.messages.append((headers["X-Pool"], headers["Subject"], peer, name))
                    writer.write(b"250 2.0.0 taken\r\n")
                else:
                    writer.write(b"250 2.0.0 ok\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    def of(self, phase):
        """The messages of one phase that arrived: pool, subject, address, name."""
        return [message for message in self.messages if message[1].startswith(phase)]


@pytest.fixture
def far():
    return FarSide()


@pytest.fixture
def server(start, far, name_server):
    for domain in ("rome.example", "oslo.example"):
        name_server.zone(domain, "@ IN MX 10 mx", "mx IN A 127.0.0.1")
    addresses = "".join(
        f"\n    - {{ ip: {address}, hostname: {HOSTNAMES[address]}, pool: {pool} }}"
        for pool, members in POOLS.items() for address in sorted(members))
    server = start(extra=f"""
resolver: {{ servers: ["{name_server.address}"], trust-anchor: "{name_server.anchor()}" }}
identities: {{ verification: automatic }}
delivery:
  route: mx
  mx-port: {far.port}
  retry: [0.2]
  addresses:{addresses}
""")
    server.ses = server.client("sesv2")
    server.ses.create_email_identity(EmailIdentity="example.com")
    for pool in POOLS:
        server.ses.create_configuration_set(
            ConfigurationSetName=f"{pool}-set", DeliveryOptions={"SendingPoolName": pool})
    return server


def send(server, phase, counts):
    """So many messages of each pool over a few sessions, taking turns."""
    wanted = [(pool, index) for pool, count in counts.items() for index in range(count)]
    wanted.sort(key=lambda item: item[1])

    def session(part):
        client = server.smtp()
        for pool, index in part:
            domain = ("rome.example", "oslo.example")[index % 2]
            client.sendmail("news@example.com", [f"u{index}@{domain}"], (
                f"From: news@example.com\r\nTo: u{index}@{domain}\r\nSubject: {phase} {pool} {index}\r\n"
                f"X-SES-CONFIGURATION-SET: {pool}-set\r\nX-Pool: {pool}\r\n\r\nHello\r\n"))
        client.quit()

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as executor:
        list(executor.map(session, [wanted[start::CLIENTS] for start in range(CLIENTS)]))


def arrive(far, phase, counts, seconds=120):
    """Waits for the messages of a phase, and holds them against the pools: each once, from its pool, under its name."""
    wait_for(lambda: len(far.of(phase)) >= sum(counts.values()), seconds, f"the arrival of phase {phase}")
    messages = far.of(phase)
    assert collections.Counter(pool for pool, *_ in messages) == counts
    assert len({subject for _, subject, *_ in messages}) == len(messages), "a message came twice"
    for pool, _, peer, name in messages:
        assert peer in POOLS[pool] and name == HOSTNAMES[peer], (pool, peer, name)
    return {pool: {peer for of, _, peer, _ in messages if of == pool} for pool in POOLS}


def operate(server, *arguments):
    done = subprocess.run(
        [server.binary, *arguments, "--config", server.config, "--reason", "a test"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@need("nsd")
def test_messages_leave_from_their_pool_alone(server, far):
    counts = {"marketing": 7500, "alerts": 2500}
    send(server, "plain", counts)
    assert arrive(far, "plain", counts) == POOLS
    outcomes = [fact["delivered"] for fact in server.facts("delivered")]
    assert {outcome["address"] for outcome in outcomes} == set(HOSTNAMES)
    assert {outcome["site"] for outcome in outcomes} == {"mx.rome.example", "mx.oslo.example"}
    listed = {ip["Ip"]: ip["PoolName"] for ip in server.ses.get_dedicated_ips()["DedicatedIps"]}
    assert listed == {address: pool for pool, members in POOLS.items() for address in members}


@need("nsd")
def test_a_blocked_address_bounces_nobody_and_its_mail_leaves_by_another_of_its_pool(server, far):
    far.blocked = {"127.0.0.2"}
    counts = {"marketing": 400, "alerts": 100}
    send(server, "blocked", counts)
    assert arrive(far, "blocked", counts)["marketing"] == {"127.0.0.3"}
    # A reply teaches: what was not under way by then did not try the address again.
    assert 0 < far.refused < 80 and not server.facts("bounced")
    for fact in server.facts("deferred"):
        verdict = fact["deferred"]["verdict"]
        assert (verdict["party"], verdict["delay"]) == ("reputation", "IPFailure"), verdict


@need("nsd")
def test_a_pool_that_is_blocked_altogether_waits_and_borrows_no_address(server, far):
    far.blocked = POOLS["marketing"]
    send(server, "closed", {"marketing": 40, "alerts": 40})
    wait_for(lambda: len(far.of("closed")) == 40 and far.refused, 30, "the other pool's mail")
    assert {pool for pool, *_ in far.of("closed")} == {"alerts"}
    far.blocked = set()
    for site in ("mx.rome.example", "mx.oslo.example"):
        operate(server, "queue", "retry", "--site", site)
    arrive(far, "closed", {"marketing": 40, "alerts": 40})


@need("nsd")
def test_a_drained_address_takes_nothing_new(server, far):
    operate(server, "pool", "drain", "127.0.0.3")
    counts = {"marketing": 300, "alerts": 100}
    send(server, "drained", counts)
    assert arrive(far, "drained", counts)["marketing"] == {"127.0.0.2"}
    operate(server, "pool", "drain", "127.0.0.2")
    send(server, "dry", {"marketing": 50, "alerts": 50})
    wait_for(lambda: len(far.of("dry")) == 50, 30, "the other pool's mail")
    assert {pool for pool, *_ in far.of("dry")} == {"alerts"}
    operate(server, "pool", "undrain", "127.0.0.3")
    assert arrive(far, "dry", {"marketing": 50, "alerts": 50})["marketing"] == {"127.0.0.3"}


@need("nsd")
def test_a_warming_address_leaves_the_rest_to_a_warm_one_of_its_pool(server, far):
    server.ses.put_dedicated_ip_warmup_attributes(Ip="127.0.0.2", WarmupPercentage=1)
    counts = {"marketing": 600, "alerts": 100}
    send(server, "warming", counts)
    assert arrive(far, "warming", counts)["marketing"] == POOLS["marketing"]
    sent = collections.Counter(peer for _, _, peer, _ in far.of("warming"))
    # The shipped plan's first day.
    assert 0 < sent["127.0.0.2"] <= 200, sent


@need("nsd")
def test_a_set_that_changes_its_pool_takes_its_addresses_along(server, far):
    send(server, "before", {"marketing": 50, "alerts": 50})
    arrive(far, "before", {"marketing": 50, "alerts": 50})
    server.ses.put_dedicated_ip_in_pool(Ip="127.0.0.3", DestinationPoolName="alerts")
    wait_for(lambda: server.ses.get_dedicated_ip(Ip="127.0.0.3")["DedicatedIp"]["PoolName"] == "alerts", 5, "the move")
    send(server, "after", {"marketing": 100, "alerts": 100})
    wait_for(lambda: len(far.of("after")) == 200, 60, "the arrival")
    pools = {pool: {peer for of, _, peer, _ in far.of("after") if of == pool} for pool in POOLS}
    assert pools["marketing"] == {"127.0.0.2"} and pools["alerts"] <= {"127.0.0.3", "127.0.0.4"}


@need("nsd")
@pytest.mark.parametrize("restarts", [False, True])
def test_mail_that_waits_follows_the_pool_that_its_set_gets(server, far, restarts):
    server.ses.create_configuration_set(ConfigurationSetName="late-set")
    far.is_busy = True
    send(server, "late", {"late": 10})
    wait_for(lambda: len(server.facts("deferred")) >= 10, 30, "the deferrals")
    assert {fact["deferred"].get("address") for fact in server.facts("deferred")}.isdisjoint(HOSTNAMES)
    server.ses.put_configuration_set_delivery_options(ConfigurationSetName="late-set", SendingPoolName="alerts")
    if restarts:
        server.stop()
        server.start()
    # A set is believed for a second.
    wait_for(lambda: any(fact["deferred"].get("address") == "127.0.0.4" for fact in server.facts("deferred")), 30,
             "a try by the pool")
    far.is_busy = False
    wait_for(lambda: len(far.of("late")) == 10, 60, "the arrival")
    assert {(peer, name) for _, _, peer, name in far.of("late")} == {("127.0.0.4", HOSTNAMES["127.0.0.4"])}
