# SPDX-License-Identifier: Apache-2.0
"""A copy of the database signs nothing: private keys lie sealed in it, those of older versions too."""
import sqlite3
import subprocess

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

# What every PKCS#8 RSA key holds: version 0, rsaEncryption, an OCTET STRING. A public key has a BIT STRING there.
CLEAR = bytes.fromhex("020100300d06092a864886f70d010101050004")
CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def everything(server):
    """The database's files as a thief finds them."""
    return b"".join(path.read_bytes() for path in sorted(server.data.glob("postern.db*")))


def lying(server, name="example.com"):
    with sqlite3.connect(f"file:{server.data}/postern.db?mode=ro", uri=True) as db:
        return db.execute("SELECT dkim_private_key FROM identity WHERE name = ?", (name,)).fetchone()[0]


def signed(server, count):
    server.client("sesv2").send_email(FromEmailAddress="ada@example.com", Destination={"ToAddresses": ["b@example.net"]}, Content=CONTENT)
    return b"DKIM-Signature:" in server.sink.wait(count)[-1][2]


def test_keys_are_sealed_and_sign(relayed):
    assert signed(relayed, 1)
    assert lying(relayed).startswith(b"sealed:") and CLEAR not in everything(relayed)
    relayed.stop()
    assert CLEAR not in everything(relayed)
    relayed.start()
    assert signed(relayed, 2), "the key is opened again after a restart"


def test_a_key_in_clear_is_sealed_at_the_next_start(relayed):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    assert CLEAR in private and CLEAR not in public
    relayed.stop(kill=True)
    # Kept open, so that the change lies in the log and not in the file, as after a crash.
    db = sqlite3.connect(relayed.data / "postern.db")
    db.execute("UPDATE identity SET dkim_private_key = ?, dkim_public_key = ? WHERE name = 'example.com'", (private, public))
    db.commit()
    assert CLEAR in everything(relayed)
    relayed.start()
    db.close()
    assert lying(relayed).startswith(b"sealed:")
    assert CLEAR not in everything(relayed) and private[-600:] not in everything(relayed)
    assert signed(relayed, 1)
    relayed.stop(kill=True)
    relayed.start()
    assert signed(relayed, 2)


def test_another_master_key_opens_none(relayed):
    relayed.stop()
    (relayed.data / "master.key").write_text("f" * 64 + "\n")
    run = subprocess.run([relayed.binary, "serve", "--config", relayed.config], capture_output=True, text=True, timeout=30)
    assert run.returncode != 0 and "master key" in run.stderr
