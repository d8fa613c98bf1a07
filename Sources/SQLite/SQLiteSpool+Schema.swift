// SPDX-License-Identifier: Apache-2.0

import GRDB

extension SQLiteSpool {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("001-messages") { db in
            try db.execute(sql: schema)
            try db.execute(sql: Facts.schema)
        }
        migrator.registerMigration("002-signing-account") { db in
            try db.execute(sql: "ALTER TABLE message ADD COLUMN signing_account TEXT")
        }
        migrator.registerMigration("003-delivery-ids-once") { db in try db.execute(sql: deliveryIDsOnce) }
        migrator.registerMigration("004-lanes") { db in
            try db.execute(sql: terms)
            try db.execute(sql: lanes)
            try db.execute(sql: learned)
        }
        return migrator
    }

    private static let schema = """
        CREATE TABLE message (
            id TEXT NOT NULL PRIMARY KEY,
            account TEXT NOT NULL CHECK (length(account) = 12),
            accepted_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL CHECK (expires_at >= accepted_at),
            reverse_path TEXT NOT NULL,
            signing_domain TEXT,
            header BLOB NOT NULL,
            body BLOB,
            body_file TEXT,
            body_offset BIGINT NOT NULL DEFAULT 0,
            body_length BIGINT NOT NULL DEFAULT 0,
            CHECK ((body IS NULL) <> (body_file IS NULL))
        );
        CREATE TABLE delivery (
            id INTEGER PRIMARY KEY,
            message TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            site TEXT NOT NULL,
            recipients TEXT NOT NULL CHECK (length(recipients) > 0),
            attempts BIGINT NOT NULL CHECK (attempts >= 0),
            due_at BIGINT NOT NULL,
            last_reply TEXT NOT NULL
        );
        CREATE INDEX delivery_due ON delivery (due_at);
        CREATE INDEX delivery_message ON delivery (message);
        """

    // Without AUTOINCREMENT the id of a row that is gone is given to the next one, while a try of the old one may still
    // be on its way to being settled.
    private static let deliveryIDsOnce = """
        CREATE TABLE delivery_once (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            site TEXT NOT NULL,
            recipients TEXT NOT NULL CHECK (length(recipients) > 0),
            attempts BIGINT NOT NULL CHECK (attempts >= 0),
            due_at BIGINT NOT NULL,
            last_reply TEXT NOT NULL
        );
        INSERT INTO delivery_once (id, message, site, recipients, attempts, due_at, last_reply)
            SELECT id, message, site, recipients, attempts, due_at, last_reply FROM delivery;
        DROP TABLE delivery;
        ALTER TABLE delivery_once RENAME TO delivery;
        CREATE INDEX delivery_due ON delivery (due_at);
        CREATE INDEX delivery_message ON delivery (message);
        """

    // NULL for a return path: the reverse path. The sweeper looks by time of expiry.
    private static let terms = """
        ALTER TABLE message ADD COLUMN return_path TEXT;
        ALTER TABLE message ADD COLUMN configuration_set TEXT;
        ALTER TABLE message ADD COLUMN set_owner TEXT;
        ALTER TABLE message ADD COLUMN pool TEXT;
        ALTER TABLE message ADD COLUMN tls BIGINT NOT NULL DEFAULT 0 CHECK (tls BETWEEN 0 AND 2);
        ALTER TABLE message ADD COLUMN identity TEXT NOT NULL DEFAULT '';
        CREATE INDEX message_expires ON message (expires_at);
        CREATE INDEX fact_message ON fact (message) WHERE message IS NOT NULL;
        """

    // What the deliveries of a line have in common stands once; a delivery names its line by a number, so that the index
    // that everything is read by stays small. Ids go on where they were.
    private static let lanes = """
        CREATE TABLE lane (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            account TEXT NOT NULL CHECK (length(account) = 12),
            destination TEXT NOT NULL,
            pool TEXT NOT NULL,
            identity TEXT NOT NULL,
            bulky BIGINT NOT NULL CHECK (bulky IN (0, 1)),
            UNIQUE (account, destination, pool, identity, bulky)
        );
        INSERT INTO lane (account, destination, pool, identity, bulky)
            SELECT DISTINCT m.account, d.site, '', '', length(m.header) + m.body_length > 1048576
            FROM delivery d JOIN message m ON m.id = d.message;
        CREATE TABLE delivery_in_lane (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
            lane BIGINT NOT NULL REFERENCES lane (id),
            recipients TEXT NOT NULL CHECK (length(recipients) > 0),
            attempts BIGINT NOT NULL CHECK (attempts >= 0),
            due_at BIGINT NOT NULL,
            last_reply TEXT NOT NULL,
            held_by TEXT,
            held_why TEXT,
            CHECK ((held_by IS NULL) = (held_why IS NULL))
        );
        INSERT INTO delivery_in_lane (id, message, lane, recipients, attempts, due_at, last_reply)
            SELECT d.id, d.message, l.id, d.recipients, d.attempts, d.due_at, d.last_reply
            FROM delivery d JOIN message m ON m.id = d.message
            JOIN lane l ON l.account = m.account AND l.destination = d.site
                AND l.bulky = (length(m.header) + m.body_length > 1048576);
        DELETE FROM sqlite_sequence WHERE name = 'delivery_in_lane';
        INSERT INTO sqlite_sequence (name, seq)
            SELECT 'delivery_in_lane', seq FROM sqlite_sequence WHERE name = 'delivery';
        DROP TABLE delivery;
        ALTER TABLE delivery_in_lane RENAME TO delivery;
        CREATE INDEX delivery_due ON delivery (lane, due_at) WHERE held_by IS NULL;
        CREATE INDEX delivery_held ON delivery (lane) WHERE held_by IS NOT NULL;
        CREATE INDEX delivery_message ON delivery (message);
        """

    // `address` is '*' for what is about a site from anywhere, '' for the address that the system chooses.
    private static let learned = """
        CREATE TABLE departure (
            day BIGINT NOT NULL,
            address TEXT NOT NULL,
            site TEXT NOT NULL,
            messages BIGINT NOT NULL CHECK (messages >= 0),
            PRIMARY KEY (day, address, site)
        );
        CREATE TABLE lesson (
            site TEXT NOT NULL,
            address TEXT NOT NULL,
            kind TEXT NOT NULL,
            act TEXT NOT NULL,
            until BIGINT NOT NULL,
            rule TEXT NOT NULL,
            reply TEXT NOT NULL,
            PRIMARY KEY (site, address, kind)
        );
        """
}
