# SPDX-License-Identifier: Apache-2.0
"""A server that is killed while it works has a record of every act, and no record of what was not done."""
import os
import random
import threading

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from conftest import Server, wait_for

ROUNDS = int(os.environ.get("KILL_ROUNDS", "10"))
ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5)


class Load:
    """Users are made and deleted and mail is sent until the server is gone; what was acknowledged is kept."""

    def __init__(self, server, name):
        self.made, self.deleted, self.messages = set(), set(), set()
        self.threads = [threading.Thread(target=self.work, args=(server, f"{name}-{kind}", act))
                        for kind, act in (("a", self.user), ("b", self.user), ("m", self.mail), ("n", self.mail))]
        for thread in self.threads:
            thread.start()

    def work(self, server, name, act):
        clients = {service: server.client(service, config=ONCE) for service in ("iam", "sesv2")}
        try:
            for number in range(10_000):
                act(clients, f"{name}-{number}")
        except (BotoCoreError, ClientError):
            pass

    def user(self, clients, name):
        clients["iam"].create_user(UserName=name)
        self.made.add(name)
        if len(self.made) % 20:
            clients["iam"].delete_user(UserName=name)
            self.deleted.add(name)

    def mail(self, clients, name):
        self.messages.add(clients["sesv2"].send_email(
            FromEmailAddress="app@example.com", Destination={"ToAddresses": [f"{name}@example.org"]},
            Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}})["MessageId"])

    def join(self):
        for thread in self.threads:
            thread.join()


def test_every_act_has_its_record(binary, tmp_path):
    server = Server(binary, tmp_path)
    server.client("sesv2").create_email_identity(EmailIdentity="example.com")
    made, deleted, messages = set(), set(), set()
    for number in range(ROUNDS):
        load = Load(server, f"r{number}")
        threading.Event().wait(random.uniform(0.2, 1.2))
        server.stop(kill=True)
        load.join()
        made |= load.made
        deleted |= load.deleted
        messages |= load.messages
        server.start()
    standing = {user["UserName"] for page in server.client("iam").get_paginator("list_users").paginate() for user in page["Users"]}
    last = server.client("sesv2").get_account()["ResponseMetadata"]["RequestId"]
    wait_for(lambda: server.records(requestID=last), 60, what="the newest record")
    def recorded(name):
        names = [record["requestParameters"]["userName"] for record in server.records(eventName=name) if "errorCode" not in record]
        assert len(names) == len(set(names))
        return set(names)

    sent = [record["additionalEventData"]["sesMessageId"] for record in server.records(eventName="SendEmail")]
    accepted = {event["accepted"]["call"]["request"] for event in server.facts("accepted") if "call" in event["accepted"]}
    print(f"{ROUNDS} kills: {len(made)} users made, {len(deleted)} deleted, {len(messages)} messages acknowledged")
    assert made <= recorded("CreateUser") and deleted <= recorded("DeleteUser")
    assert standing == recorded("CreateUser") - recorded("DeleteUser")
    assert messages <= set(sent) and len(sent) == len(set(sent)) == len(accepted)
    server.stop()
