#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares our strict JSON reader with Python's, for many small texts.

    json.py PATH_TO_json_check [COUNT]

Texts are seeds, made-up JSON, and mutations of both.  Compared are the verdict
and, byte by byte, the canonical text; of a refusal, that its path leads into
what stands before its offset.  Python's reader is told to be as strict as
ours: no duplicate members, no NUL, no lone surrogate, at most 64 levels.
json_check itself compares the scanner of objects with the reader.
"""
import os
import sys

# Files of this folder are named like Python's own modules.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [path for path in sys.path if os.path.abspath(path) != HERE]

import json  # noqa: E402
import random  # noqa: E402
import struct  # noqa: E402
import subprocess  # noqa: E402

COUNT = 200000
BATCH = 5000
LEVELS = 64
SHOWN = 20

SEEDS = [
    '{"b": 1.50, "a": "\\u00e9"}', '{"a": [1, {"b": 2, "b": 3}]}',
    '[1, -0, 0.10, 1e5, 1E+05, 1e-005, 123456789012345678901234567890]',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\uD83D\\uDCB6\\ud800"',
    '{"":{"":[[],{}]},"a/b":{"c~d":[null,true,false]}}',
    '"\u00e9\u20ac\U0001f4b6\x7f"', '{"id":"c1","name":"Ann \u2713","n":12.5}',
    '[' * 63 + '{}' + ']' * 63, '[' * 64 + '{}' + ']' * 64, '[[],[[]]]',
    '{' + ','.join(f'"k{i}":{i}' for i in range(40)) + '}',
    '{' + ','.join(f'"k{i % 30}":{i}' for i in range(40)) + '}',
    '{"key":1,"k\\u0065y":2}', '\ufeff[]', '"\\u0000"', '', ' ',
    '[1,]', '{}{}',
]
PIECES = [
    b'{', b'}', b'[', b']', b',', b':', b'"', b'\\', b'\\u', b'\\ud83d',
    b'\\udcb6', b'\\u0000', b'\\u0061', b'\0', b'\n', b'\t', b'\f', b'\x1f',
    b'\x80', b'\xc3', b'\xc3\xa9', b'\xed\xa0\x80', b'\xf4\x90\x80\x80',
    b'\xef\xbb\xbf', b'true', b'false', b'null', b'NaN', b'Infinity', b'-',
    b'+', b'.', b'0', b'00', b'1', b'e', b'E+', b'1.5e-3', b'"a":1', b'"a"',
    b'""', b' ', b'//', b"'",
]


class Refused(Exception):
    pass


class Number(str):
    """A number, as its text."""


def members(pairs):
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refused('a member twice')
    return dict(pairs)


def constant(word):
    raise Refused(word)


def check_text(text):
    if any(c == '\0' or '\ud800' <= c <= '\udfff' for c in text):
        raise Refused('NUL, or half a surrogate pair')


def depth_of(value):
    """The levels of a value; its texts are checked on the way."""
    if isinstance(value, dict):
        for name in value:
            check_text(name)
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    if isinstance(value, str):
        check_text(value)
    return 0


def canonical(value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        rows = sorted(value.items(), key=lambda row: row[0].encode())
        return '{' + ','.join(json.dumps(name, ensure_ascii=False) + ':' +
                              canonical(inside) for name, inside in rows) + '}'
    if isinstance(value, list):
        return '[' + ','.join(map(canonical, value)) + ']'
    return json.dumps(value, ensure_ascii=False)


def expected(text):
    """The line that json_check prints, without the place of an error."""
    try:
        value = json.loads(text.decode('utf-8'), parse_int=Number,
                           parse_float=Number, parse_constant=constant,
                           object_pairs_hook=members)
        depth = depth_of(value)
    except (ValueError, Refused):
        return b'INVALID_JSON'
    if depth > LEVELS:
        return b'LIMIT'
    return b'OK ' + canonical(value).encode()


def is_place(text, line):
    """Whether an error's offset is in the text, and each step of its path is
    an index or a name that a reader has met by then."""
    try:
        path, offset = line.split(b' ', 1)[1].rsplit(b' ', 1)
        steps = json.loads(path)
        at = int(offset)
    except (ValueError, IndexError):
        return False
    if steps and not steps.startswith('/') or not 0 <= at <= len(text):
        return False
    for step in steps.split('/')[1:]:
        name = step.replace('~1', '/').replace('~0', '~').encode()
        if not (step.isdigit() or name in text[:at + len(name) + 2] or
                b'\\' in text or len(steps) > 200):
            return False
    return True


def is_right(text, line):
    right = expected(text)
    if right.startswith(b'OK '):
        return line == right
    if not is_place(text, line):
        return False
    verdict = line.split(b' ', 1)[0]
    deep = text.count(b'[') + text.count(b'{') > LEVELS
    return verdict == right or (verdict == b'LIMIT' and deep)


def made_up(pick, depth=0):
    """A random JSON text, valid but for members that may be there twice."""
    kind = pick.randrange(9 if depth < 5 else 6)
    space = pick.choice(['', '', ' ', '\n\t'])
    if kind < 2:
        text = pick.choice(['0', '-1', '10.50', '1e9', '-0.0E-2', '42'])
    elif kind < 5:
        text = '"' + ''.join(pick.choice(
            ['a', 'B', ' ', '/', '~', '\\n', '\\"', '\\\\', '\\u00e9',
             '\u00e9', '\u20ac', '\U0001f4b6', '\\ud83d\\udcb6', '\\u001f'])
            for _ in range(pick.randrange(6))) + '"'
    elif kind == 5:
        text = pick.choice(['true', 'false', 'null'])
    elif kind == 6:
        text = '[' + ','.join(made_up(pick, depth + 1)
                              for _ in range(pick.randrange(5))) + space + ']'
    else:
        text = '{' + space + ','.join(
            f'"{pick.choice("abcdefgh")}{pick.choice(["", "/", "x", "~"])}"'
            f'{space}:{made_up(pick, depth + 1)}'
            for _ in range(pick.choice([0, 1, 2, 3, 4, 20]))) + '}'
    return space + text + space


def flat(pick):
    """An object such as events have, valid but for a name there twice."""
    blank = pick.choice(['', '', ' '])
    letters = 'abcdefghijklmnopqrstuvwxyz_-/. 0123456789'
    if pick.randrange(4) == 0:
        letters += '\u00e9\u20ac\U0001f4b6\x7f'
    rows = []
    for _ in range(pick.choice([0, 1, 2, 3, 4, 5, 6, 7, 12, 40])):
        name = ''.join(pick.choices(letters, k=pick.randrange(1, 12)))
        value = pick.choice(['true', 'false', 'null', '0', '-7', '1.25E-3',
                             str(pick.randrange(10 ** 9)), None, None, None])
        if value is None:
            size = pick.choice([0, 1, 4, 8, 16, 31, 64, pick.randrange(300)])
            value = '"' + ''.join(pick.choices(letters, k=size)) + '"'
        rows.append(f'"{name}"{blank}:{blank}{value}')
    return blank + '{' + (',' + blank).join(rows) + '}' + blank


def mutated(pick, text, other):
    text = bytearray(text)
    for _ in range(pick.choice([1, 1, 1, 2, 3, 8])):
        at = pick.randrange(len(text) + 1)
        way = pick.randrange(5)
        if way == 0:
            text[at:at] = pick.choice(PIECES)
        elif way == 1:
            del text[at:at + pick.randrange(1, 4)]
        elif way == 2 and at < len(text):
            text[at] = pick.randrange(256)
        elif way == 3:
            text[at:at] = text[at:at + pick.randrange(1, 30)]
        elif other:
            start = pick.randrange(len(other))
            text[at:at + pick.randrange(10)] = other[start:start + 20]
    return bytes(text)


def texts(pick, count):
    seeds = [seed.encode() for seed in SEEDS]
    yield from seeds
    for i in range(count - len(seeds)):
        if i % 8 == 0:
            yield made_up(pick).encode()
        elif i % 8 == 1:
            yield mutated(pick, made_up(pick).encode(), pick.choice(seeds))
        elif i % 8 == 2:
            yield flat(pick).encode()
        elif i % 8 == 3:
            yield mutated(pick, flat(pick).encode(), pick.choice(seeds))
        else:
            yield mutated(pick, pick.choice(seeds), pick.choice(seeds))


def ask(program, batch):
    asked = b''.join(struct.pack('<I', len(text)) + text for text in batch)
    done = subprocess.run([program], input=asked, stdout=subprocess.PIPE,
                          check=False)
    lines = done.stdout.split(b'\n')[:-1]
    if done.returncode != 0 or len(lines) != len(batch):
        sys.exit(f'{program}: status {done.returncode}, {len(lines)} answers')
    return lines


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else COUNT
    batch, passed, failed, read = [], 0, 0, 0

    everything = list(texts(random.Random(1), count))
    for start in range(0, len(everything), BATCH):
        batch = everything[start:start + BATCH]
        for text, line in zip(batch, ask(program, batch)):
            read += line.startswith(b'OK ')
            if is_right(text, line):
                passed += 1
                continue
            failed += 1
            if failed <= SHOWN:
                print(f'FAILED {text!r}\n  ours   {line!r}\n'
                      f'  theirs {expected(text)!r}')
    if not count // 10 < read < count:
        print(f'FAILED {read} of {count} texts are valid: a poor mixture')
        failed += 1
    print(f'{passed} passed, {failed} failed')
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())
