# SPDX-License-Identifier: Apache-2.0
"""A server with two accounts that delivers by MX, and a sender that times each of its messages."""
import smtplib
import threading
import time

from systems import Postern

# Timed messages a second.
PACE = 50


class House(Postern):
    """Postern that delivers by MX. `port` is the trusted listener of the account with the backlog, `others` another's."""

    def __init__(self, binary, directory, port, others, far_sides, retry=1_800):
        super().__init__(binary, directory, port, None)
        self.others, self.far, self.retry, self.member = others, far_sides, retry, None

    def found(self, sign):
        super().found(sign)
        account = self.client("organizations").create_account(
            Email="other@example.net", AccountName="other")["CreateAccountStatus"]["AccountId"]
        self.member = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        key = self.client("sts").assume_role(RoleArn=self.member, RoleSessionName="bench")["Credentials"]
        theirs = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"],
                  "aws_session_token": key["SessionToken"]}
        self.client("sesv2", **theirs).create_email_identity(EmailIdentity="example.net")
        self.client("ses", **theirs).set_identity_dkim_enabled(Identity="example.net", DkimEnabled=False)
        self.restart()

    def restart(self, hold=False):
        self.stop(keep=True)
        self.start(hold=hold, keep=True)

    def trusted(self, keep):
        yield from super().trusted(keep)
        if self.member:
            own = f"networks: [127.0.0.0/8], principal: \"{self.member}\""
            yield f"{{ host: 127.0.0.1, port: {self.others}, {own} }}"

    def delivery(self, hold):
        return f"""
delivery: {{ route: mx, mx-port: {self.far.port}, retry: [{self.retry}], hold: {str(hold).lower()} }}
resolver: {{ servers: ["{self.far.names.address}"], trust-anchor: "{self.far.names.anchor()}" }}
"""

    def waiting(self, domains, whose=""):
        """Deliveries to what is below a domain; of one account's (`own` or `other`), or of all."""
        own = {"own": " AND account = '111122223333'", "other": " AND account <> '111122223333'"}.get(whose, "")
        return self.asked(
            "SELECT count(*) FROM delivery WHERE held_by IS NULL AND lane IN "
            f"(SELECT id FROM lane WHERE destination LIKE '%{domains}'{own})")


class Timed(threading.Thread):
    """Sends numbered messages at an even pace, and keeps when each was accepted."""

    def __init__(self, port, first):
        super().__init__(daemon=True)
        self.first, self.accepted, self.ended = first, {}, threading.Event()
        self.session = smtplib.SMTP("127.0.0.1", port, timeout=60)
        self.session.ehlo()
        self.start()

    def run(self):
        number = self.first
        while not self.ended.wait(1 / PACE):
            content = f"From: eve@example.net\r\nSubject: {number}\r\n\r\n" + ("x" * 70 + "\r\n") * 14
            self.session.sendmail("eve@example.net", ["bob@timed.example"], content)
            self.accepted[number] = time.monotonic()
            number += 1

    def stop(self, far_sides):
        """Seconds from each 250 to the arrival, when all have arrived."""
        self.ended.set()
        self.join()
        self.session.quit()
        begun = time.monotonic()
        while (missing := set(self.accepted) - set(arrived := far_sides.arrivals())) and time.monotonic() - begun < 120:
            time.sleep(0.1)
        # What has not come by now counts with all the time it had.
        late = time.monotonic()
        return [max(0.0, (late if number in missing else arrived[number]) - moment)
                for number, moment in self.accepted.items()]
