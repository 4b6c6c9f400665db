#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""dump.py FILE.db: the SQL that makes the database again."""
import sqlite3
import sys

if __name__ == '__main__':
    connection = sqlite3.connect(sys.argv[1])
    print('-- SPDX-License-Identifier: MIT OR Apache-2.0')
    for line in connection.iterdump():
        print(line)
