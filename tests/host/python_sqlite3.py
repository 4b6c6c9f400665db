#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""python_sqlite3.py LIBRARY: libbilling on a connection of Python's sqlite3.

Python hides its sqlite3 *, so the library is loaded as a SQLite extension
first, and its table billing_sqlite3 tells the addresses of the connection and
of its routines.  Everything else goes through ctypes, on purpose: this is what
a binding in any language can do.
"""
import ctypes
import os
import sqlite3
import sys
import tempfile
import unittest

LIBRARY = os.path.abspath(sys.argv.pop(1) if len(sys.argv) > 1
                          else 'build/libbilling.so')
NOW_US = 1767225600000000               # 2026-01-01T00:00:00Z
OK, CONFLICT, BUSY = 0, 6, 8
NOTFOUND_TENANT = 261
STATUS_NEW, STATUS_SAME = 1, 2

u32, u64, i64 = ctypes.c_uint32, ctypes.c_uint64, ctypes.c_int64


class Str(ctypes.Structure):
    _fields_ = [('text', ctypes.c_char_p), ('len', ctypes.c_size_t)]

    @classmethod
    def of(cls, text):
        raw = text.encode()
        return cls(raw, len(raw))


class Decimal(ctypes.Structure):
    _fields_ = [('lo', u64), ('hi', i64)]

    def __str__(self):
        text = ctypes.create_string_buffer(48)
        lib.billing_decimal_format(ctypes.byref(self), text)
        return text.value.decode()


class Money(ctypes.Structure):
    _fields_ = [('amount', Decimal), ('asset', ctypes.c_char * 16)]


class Versioned(ctypes.Structure):
    """Zero, but for its size in the first member."""
    def __init__(self, **members):
        super().__init__(struct_size=ctypes.sizeof(self), **members)


class Error(Versioned):
    _fields_ = [('struct_size', u32), ('code', ctypes.c_int32), ('item', i64),
                ('path', ctypes.c_char * 256),
                ('message', ctypes.c_char * 512),
                ('hint', ctypes.c_char * 256)]


class Options(Versioned):
    _fields_ = [('struct_size', u32), ('flags', u32),
                ('allocator', ctypes.c_void_p), ('tenant', Str),
                ('zone_folder', Str), ('secret', Str),
                ('max_clock_step_us', i64), ('tail_events', u32),
                ('reserved', u32), ('filter_bytes', i64)]


class Call(Versioned):
    _fields_ = [('struct_size', u32), ('flags', u32), ('tenant', Str),
                ('key', Str), ('now_us', i64)]


class Terms(Versioned):
    _fields_ = [('struct_size', u32), ('flags', u32), ('customer', Str),
                ('amount', Money), ('cost', Money), ('effective_us', i64),
                ('expires_us', i64), ('priority', ctypes.c_int32),
                ('origin', u32), ('name', Str), ('scope', Str)]


class Balances(Versioned):
    _fields_ = [('struct_size', u32), ('flags', u32), ('granted', Decimal),
                ('left', Decimal), ('held', Decimal), ('free', Decimal),
                ('owed', Decimal), ('asset', ctypes.c_char * 16),
                ('shared', Decimal)]


class Event(Versioned):
    _fields_ = [('struct_size', u32), ('flags', u32), ('key', Str),
                ('customer', Str), ('event', Str), ('properties', Str),
                ('time_us', i64), ('value', Decimal)]


class Receipt(Versioned):
    _fields_ = [('struct_size', u32), ('flags', u32), ('status', u32),
                ('code', ctypes.c_int32), ('number', u64),
                ('decided_us', i64), ('cost', Decimal), ('drawn', Decimal),
                ('balance', Decimal), ('charges', u32), ('draws', u32),
                ('asset', ctypes.c_char * 16)]


# RTLD_LOCAL: nothing of the library, and nothing of the SQLite that it is
# linked with, gets in the way of Python's.
lib = ctypes.CDLL(LIBRARY)
lib.billing_decimal_format.restype = ctypes.c_size_t
lib.billing_code_name.restype = ctypes.c_char_p
lib.billing_close.restype = None

ref = ctypes.byref


class Refused(Exception):
    def __init__(self, rc, err):
        name = lib.billing_code_name(rc).decode()
        super().__init__('%s: %s' % (name, err.message.decode()))
        self.rc = rc


class Handle:
    """A billing handle on a sqlite3.Connection; one tenant, one customer."""
    def __init__(self, connection):
        self.handle = ctypes.c_void_p()
        connection.enable_load_extension(True)
        connection.execute('SELECT load_extension(?, ?)',
                           (LIBRARY, 'billing_sqlite3_extension'))
        connection.enable_load_extension(False)
        address, routines = connection.execute(
            'SELECT connection, routines FROM billing_sqlite3').fetchone()
        self.do(lib.billing_open_sqlite3, ref(self.handle),
                ctypes.c_void_p(address), ctypes.c_void_p(routines),
                ref(Options()))

    def do(self, function, *args):
        err = Error()
        rc = function(*args, ref(err))
        if rc:
            raise Refused(rc, err)

    def call(self, key=''):
        return Call(tenant=Str.of('acme'), key=Str.of(key), now_us=NOW_US)

    def put(self, kind, json):
        raw = json.encode()
        self.do(lib.billing_put, self.handle, ref(self.call()), kind.encode(),
                raw, ctypes.c_size_t(len(raw)), None)

    def grant(self, key, amount):
        terms = Terms(customer=Str.of('c1'))
        terms.amount.asset = terms.cost.asset = b'USD'
        raw = str(amount).encode()
        lib.billing_decimal_parse(ref(terms.amount.amount), raw,
                                  ctypes.c_size_t(len(raw)))
        number = u64()
        self.do(lib.billing_grant, self.handle, ref(self.call(key)),
                ref(terms), ref(number))
        return number.value

    def record(self, key):
        event = Event(key=Str.of(key), customer=Str.of('c1'),
                      event=Str.of('nothing'))
        receipt = Receipt()
        self.do(lib.billing_record, self.handle, ref(self.call()), ref(event),
                ctypes.c_size_t(1), ref(receipt))
        return receipt.status

    def balance(self):
        out = Balances()
        self.do(lib.billing_balance, self.handle, ref(self.call()), b'c1',
                ctypes.c_size_t(2), b'USD', ref(out))
        return str(out.free)

    def begin_business(self):
        self.put('tenant', '{"id":"acme","name":"Acme"}')
        self.put('customer', '{"id":"c1","name":"Ann"}')

    def close(self):
        lib.billing_close(self.handle)
        self.handle = ctypes.c_void_p()


class PythonHost(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, 'host.db')
        self.db = self.connect()
        self.db.execute('CREATE TABLE orders(id INTEGER)')
        self.billing = Handle(self.db)

    def tearDown(self):
        self.billing.close()
        self.db.close()
        self.folder.cleanup()

    def connect(self):
        """A connection that leaves BEGIN and COMMIT to us."""
        return sqlite3.connect(self.path, isolation_level=None, timeout=0)

    def refused(self, code, function, *args):
        with self.assertRaises(Refused) as caught:
            function(*args)
        self.assertEqual(caught.exception.rc & 0xff, code & 0xff,
                         str(caught.exception))
        return caught.exception.rc

    def test_outside_a_transaction_each_call_commits_itself(self):
        self.billing.begin_business()
        self.billing.grant('g1', 100)
        self.assertEqual(self.billing.balance(), '100')
        self.assertFalse(self.db.in_transaction)
        other = self.connect()
        self.assertGreater(other.execute(
            'SELECT count(*) FROM billing_journal').fetchone()[0], 0)
        other.close()

    def test_a_rollback_takes_everything_back(self):
        self.billing.begin_business()
        self.billing.grant('g1', 100)
        self.db.execute('BEGIN')
        self.db.execute('INSERT INTO orders VALUES (1)')
        self.billing.grant('g2', 50)
        self.assertEqual(self.billing.record('e1'), STATUS_NEW)
        self.assertEqual(self.billing.record('e1'), STATUS_SAME)
        self.assertEqual(self.billing.balance(), '150')
        self.db.execute('ROLLBACK')
        self.assertEqual(self.billing.balance(), '100')
        self.assertEqual(self.billing.record('e1'), STATUS_NEW)
        self.assertEqual(self.db.execute(
            'SELECT count(*) FROM orders').fetchone()[0], 0)

    def test_a_commit_keeps_both_sides(self):
        self.billing.begin_business()
        with self.db:
            self.db.execute('BEGIN')
            self.db.execute('INSERT INTO orders VALUES (1)')
            self.billing.grant('g1', 7)
        self.assertFalse(self.db.in_transaction)
        self.billing.close()
        self.billing = Handle(self.db)
        self.assertEqual(self.billing.balance(), '7')
        self.refused(CONFLICT, self.billing.grant, 'g1', 8)

    def test_a_savepoint_takes_back_what_came_after_it(self):
        self.billing.begin_business()
        self.db.execute('BEGIN')
        self.billing.grant('g1', 10)
        self.db.execute('SAVEPOINT inner')
        self.billing.grant('g2', 20)
        self.assertEqual(self.billing.balance(), '30')
        self.db.execute('ROLLBACK TO inner')
        self.assertEqual(self.billing.balance(), '10')
        self.billing.grant('g2', 5)
        self.db.execute('COMMIT')
        self.assertEqual(self.billing.balance(), '15')

    def test_another_writer_is_busy(self):
        self.billing.begin_business()
        other = self.connect()
        other.execute('BEGIN IMMEDIATE')
        self.refused(BUSY, self.billing.grant, 'g1', 1)
        other.execute('ROLLBACK')
        other.close()
        self.billing.grant('g1', 1)
        self.assertEqual(self.billing.balance(), '1')

    def keys(self, db=None, where='1'):
        """What the table of events says, on a connection."""
        return [key for key, in (db or self.db).execute(
            "SELECT key FROM billing_events('acme') WHERE " + where)]

    def test_events_are_a_table(self):
        self.billing.begin_business()
        self.billing.record('e1')
        self.billing.record('e2')
        self.assertEqual(self.keys(), ['e1', 'e2'])
        self.assertEqual(self.keys(where="customer = 'c2'"), [])
        self.assertEqual(self.keys(where='time_us = %d' % NOW_US),
                         ['e1', 'e2'])
        self.db.execute('BEGIN')
        self.billing.record('e3')
        self.assertEqual(self.keys(), ['e1', 'e2', 'e3'])
        self.db.execute('ROLLBACK')
        self.assertEqual(self.keys(), ['e1', 'e2'])
        with self.assertRaisesRegex(sqlite3.OperationalError,
                                    'needs a tenant'):
            self.db.execute('SELECT * FROM billing_events').fetchall()

    def test_the_tables_need_no_handle_of_the_host(self):
        self.db.execute('PRAGMA journal_mode=WAL')
        self.billing.begin_business()
        self.billing.record('e1')
        reader = self.connect()
        reader.enable_load_extension(True)
        reader.execute('SELECT load_extension(?, ?)',
                       (LIBRARY, 'billing_sqlite3_extension'))
        self.assertEqual(self.keys(reader), ['e1'])
        self.billing.record('e2')
        self.assertEqual(self.keys(reader), ['e1', 'e2'])
        rows = reader.execute("SELECT key FROM billing_events('acme')")
        self.assertEqual(next(rows), ('e1',))
        self.billing.record('e3')
        self.assertEqual(rows.fetchall(), [('e2',)])
        self.assertEqual(self.keys(reader), ['e1', 'e2', 'e3'])
        self.assertIsNone(reader.execute(
            "SELECT sum(amount) FROM billing_draws('acme')").fetchone()[0])
        reader.close()

    def test_tables_that_were_rolled_back_are_made_again(self):
        self.billing.close()
        self.db.close()
        self.path += '2'
        self.db = self.connect()
        self.db.execute('BEGIN')
        self.billing = Handle(self.db)
        self.billing.begin_business()
        self.db.execute('ROLLBACK')
        self.assertEqual(self.refused(NOTFOUND_TENANT, self.billing.balance),
                         NOTFOUND_TENANT)
        self.billing.begin_business()
        self.billing.grant('g1', 3)
        self.assertEqual(self.billing.balance(), '3')


if __name__ == '__main__':
    unittest.main()
