#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Compares our time zones with Python's, for every zone of this system.

    zones.py PATH_TO_zone_check

Asked are the offsets at, before and after every transition of the files, in a
few years that only the footers know, and at random instants; and the instants
of the wall clocks around each of them.  Python's fold=0 is our rule: the first
of two, and forward over a gap.
"""
import os
import random
import struct
import subprocess
import sys
import zoneinfo
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1)
FOOTER_YEARS = (2038, 2040, 2069, 2099, 2100)
FIRST = int((datetime(1800, 1, 1) - EPOCH).total_seconds())
LAST = int((datetime(2038, 1, 1) - EPOCH).total_seconds())
REFUSED = {"localtime": "code 4"}       # a setting of the machine, not a zone
SHOWN = 20


def offset_at(zone, second):
    moment = (EPOCH + timedelta(seconds=second)).replace(tzinfo=timezone.utc)
    return round(moment.astimezone(zone).utcoffset().total_seconds())


def instant_of(zone, local):
    """Python's, unless the zone shows this wall clock at an earlier instant or
    only at another one, as happens where the footer takes over."""
    wall = (EPOCH + timedelta(seconds=local)).replace(tzinfo=zone)
    guess = local - round(wall.utcoffset().total_seconds())
    offsets = {offset_at(zone, guess + by)
               for by in (-86400, -3600, 0, 3600, 86400)}
    shown = [local - offset for offset in offsets
             if offset_at(zone, local - offset) == offset]
    return min(shown, default=guess)


def transitions_in_file(name):
    """The 64-bit transition times, all of them."""
    for folder in zoneinfo.TZPATH:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            break
    with open(path, "rb") as file:
        content = file.read()
    start, size = 0, 4
    if content[4] >= ord("2"):
        isut, isstd, leap, times, types, chars = struct.unpack(
            ">6l", content[20:44])
        start = 44 + times * 5 + types * 6 + chars + leap * 8 + isstd + isut
        size = 8
    times = struct.unpack(">l", content[start + 32:start + 36])[0]
    body = content[start + 44:start + 44 + times * size]
    return list(struct.unpack(">%d%s" % (times, "lq"[size == 8]), body))


def transitions_in_year(zone, year):
    """Found by looking once a day, then halving the day."""
    found = []
    day = int((datetime(year, 1, 1) - EPOCH).total_seconds())
    before = offset_at(zone, day)
    for _ in range(366):
        after = offset_at(zone, day + 86400)
        if after != before:
            low, high = day, day + 86400
            while high - low > 1:
                middle = (low + high) // 2
                if offset_at(zone, middle) == before:
                    low = middle
                else:
                    high = middle
            found.append(high)
        before, day = after, day + 86400
    return found


def has_footer_rule(zone):
    """Whether 2050 has more than one offset."""
    start = int((datetime(2050, 1, 1) - EPOCH).total_seconds())
    return len({offset_at(zone, start + week * 604800)
                for week in range(53)}) > 1


def instants(name, zone, rng):
    """Transitions, then instants that are none."""
    found = [t for t in transitions_in_file(name) if FIRST <= t < LAST]
    if has_footer_rule(zone):
        for year in FOOTER_YEARS:
            found += transitions_in_year(zone, year)
    return found, [rng.randrange(-2208988800, 4102444800) for _ in range(50)]


def questions(name, rng):
    """Pairs of a line for zone_check and the line that is right."""
    yield "z " + name, "ok"
    zone = zoneinfo.ZoneInfo(name)
    found, others = instants(name, zone, rng)
    yield "t", str(len(transitions_in_file(name)) if name != "UTC" else 0)
    for second in others + [t + d for t in found for d in (-1, 0, 1)]:
        yield "u%d" % second, str(offset_at(zone, second))
    walls = set()
    for second in found:
        before = offset_at(zone, second - 1)
        after = offset_at(zone, second)
        for offset in (before, after, (before + after) // 2):
            walls.update(second + offset + d for d in (-1, 0, 1))
    walls.update(second + offset_at(zone, second) for second in others)
    for local in sorted(walls):
        yield "l%d" % local, str(instant_of(zone, local))


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: zones.py PATH_TO_zone_check")
    rng = random.Random(1)
    asked = []
    names = sorted(zoneinfo.available_timezones())
    for name in names:
        if name in REFUSED:
            asked.append((name, "z " + name, REFUSED[name]))
        else:
            asked += [(name, *pair) for pair in questions(name, rng)]
    answers = subprocess.run(
        [sys.argv[1]], input="".join(line + "\n" for _, line, _ in asked),
        capture_output=True, text=True, check=True,
        timeout=60).stdout.splitlines()
    answers += ["no answer"] * (len(asked) - len(answers))
    wrong = [(*question, answer) for question, answer in zip(asked, answers)
             if question[2] != answer]
    for name, line, right, answer in wrong[:SHOWN]:
        print("%s: %s is %s, not %s" % (name, line, right, answer))
    if len(names) < 300:
        print("only %d zones: install tzdata" % len(names))
        wrong.append(None)
        asked.append(None)
    print("%d zones" % len(names))
    print("%d passed, %d failed" % (len(asked) - len(wrong), len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
