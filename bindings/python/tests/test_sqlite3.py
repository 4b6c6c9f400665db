# SPDX-License-Identifier: MIT OR Apache-2.0
"""The library on a connection of Python's own sqlite3."""
import pathlib
import sqlite3
import tempfile
import unittest

import billing
from test_binding import CATALOG, NOW, call


@unittest.skipUnless(hasattr(sqlite3.Connection, "enable_load_extension"),
                     "this Python's sqlite3 cannot load extensions")
class OnPythonsConnection(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "host.db"
        self.db = sqlite3.connect(self.path, isolation_level=None)
        self.addCleanup(self.db.close)
        self.db.execute("CREATE TABLE jobs (id TEXT)")
        self.b = billing.open_sqlite3(self.db, tenant="t")
        self.addCleanup(self.b.close)
        self.b.catalog_apply(CATALOG, now=NOW)

    def work(self, key):
        self.db.execute("INSERT INTO jobs VALUES (?)", (key,))
        return self.b.record([call(key)], now=NOW)[0]

    def counts(self):
        jobs, = self.db.execute("SELECT count(*) FROM jobs").fetchone()
        return jobs, self.b.usage("acme")["events"]

    def test_a_commit_keeps_both(self):
        self.db.execute("BEGIN")
        self.work("a")
        self.db.execute("COMMIT")
        self.assertEqual(self.counts(), (1, 1))
        self.assertTrue(self.b.verify()["ok"])

    def test_a_rollback_leaves_nothing(self):
        self.work("a")
        self.db.execute("BEGIN")
        self.work("b")
        self.assertEqual(self.counts(), (2, 2))
        self.db.execute("ROLLBACK")
        self.assertEqual(self.counts(), (1, 1))
        self.assertEqual(self.work("b").status, billing.Status.NEW)
        self.assertTrue(self.b.verify()["ok"])

    def test_events_can_be_selected(self):
        self.db.execute("BEGIN")
        self.work("a")
        self.work("b")
        self.assertEqual(self.db.execute(
            "SELECT j.id, e.cost, d.amount FROM jobs AS j"
            " JOIN billing_events('t') AS e ON e.key = j.id"
            " JOIN billing_draws('t') AS d ON d.event = e.number"
            " ORDER BY j.id").fetchall(),
            [("a", "0.1", "0.1"), ("b", "0.1", "0.1")])
        self.db.execute("ROLLBACK")
        self.assertEqual(self.db.execute(
            "SELECT count(*) FROM billing_events('t')").fetchone(), (0,))

    def test_a_rollback_to_a_savepoint_leaves_what_was_before(self):
        self.db.execute("BEGIN")
        self.work("a")
        self.db.execute("SAVEPOINT s")
        self.work("b")
        self.db.execute("ROLLBACK TO s")
        self.work("c")
        self.db.execute("COMMIT")
        self.assertEqual(self.counts(), (2, 2))
        self.assertEqual(self.work("a").status, billing.Status.SAME)
        self.assertTrue(self.b.verify()["ok"])

    def test_row_factories_do_not_matter(self):
        db = sqlite3.connect(":memory:")
        db.row_factory = lambda cursor, row: {"row": row}
        with billing.open_sqlite3(db, tenant="t") as b:
            b.catalog_apply(CATALOG, now=NOW)
            self.assertEqual(b.usage("acme")["events"], 0)
        db.close()


if __name__ == "__main__":
    unittest.main()
