#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""table.py: what `bench --json` printed, as Markdown.

    build/bench --json | table.py            each figure beside its target
    build/bench --json | table.py SUBJECT    a row of HISTORY.md
"""
import json
import sys

# Figure, what counts of it, and its bound.
AT_LEAST, AT_MOST = '>=', '<='
TARGETS = [
    ('full_path_b1000_c1k', 'ratio', AT_LEAST, 6),
    ('full_path_b1000_c1m', 'ratio', AT_LEAST, 5),
    ('full_path_b1000_c1k_uuid7', 'ratio', AT_LEAST, 1.5),
    ('full_path_b1000_c1m_uuid7', 'ratio', AT_LEAST, 1.2),
    ('full_path_b100_c1k', 'ratio', AT_LEAST, 3),
    ('full_path_b1_c1k', 'ratio', AT_LEAST, 0.95),
    ('full_path_10m', 'ratio', AT_LEAST, 12),
    ('full_path_window_worst', 'ratio', AT_MOST, 1.15),
    ('call_p999', 'value', AT_MOST, 10),
    ('call_max', 'value', AT_MOST, 50),
    ('bytes_per_event', 'ratio', AT_MOST, 0.33),
    ('key_memory', 'value', AT_MOST, 2.5),
    ('authorize_hot', 'value', AT_MOST, 10),
    ('authorize_uniform', 'value', AT_MOST, 100),
    ('authorize_call_hot', 'over', AT_MOST, 40),
    ('holds_t1', 'ratio', AT_LEAST, 0.9),
    ('holds_t32', 'ratio', AT_LEAST, 0.9),
    ('processes_2', 'ratio', AT_LEAST, 1.2),
    ('processes_2_spread', 'value', AT_MOST, 10),
    ('processes_4', 'ratio', AT_LEAST, 1.8),
    ('processes_4_spread', 'value', AT_MOST, 10),
    ('open_1m', 'value', AT_MOST, 5),
    ('reopen_tail', 'value', AT_MOST, 150),
    ('decimal_mul', 'value', AT_MOST, 15),
    ('properties', 'value', AT_MOST, 100),
    ('chain', 'value', AT_MOST, 60),
    ('so_bytes', 'value', AT_MOST, 600000),
]
# The columns of HISTORY.md: figure, what counts of it.
COLUMNS = [
    ('full_path_b1000_c1k', 'ratio'), ('full_path_b1000_c1m', 'ratio'),
    ('full_path_b1000_c1k_uuid7', 'ratio'),
    ('full_path_b1000_c1m_uuid7', 'ratio'), ('full_path_b1_c1k', 'ratio'),
    ('full_path_b100_c1k', 'ratio'), ('full_path_b10000_c1k', 'ratio'),
    ('full_path_10m', 'ratio'), ('call_p999', 'value'),
    ('bytes_per_event', 'ratio'), ('key_memory', 'value'),
    ('authorize_hot', 'value'), ('authorize_uniform', 'value'),
    ('authorize_call_hot', 'value'), ('holds_t1', 'ratio'),
    ('holds_t32', 'ratio'), ('processes_2', 'ratio'),
    ('processes_4', 'ratio'), ('open_1m', 'value'), ('reopen_tail', 'value'),
    ('decimal_mul', 'value'), ('properties', 'value'), ('chain', 'value'),
]


def counted(figure, what):
    """The ratio, the value, or how far a time is over its yardstick's."""
    if what == 'over':
        return figure['value'] - figure['value'] * figure['ratio']
    return figure[what]


def short(number):
    """As many digits as one reads at a glance."""
    if number >= 100:
        return '%.0f' % number
    return ('%.1f' if number >= 10 else '%.2f') % number


def row(figures, subject):
    cells = [short(counted(figures[name], what)) if name in figures else '-'
             for name, what in COLUMNS]
    return '| %s | %s |' % (subject, ' | '.join(cells))


def targets(figures):
    yield '| figure | value | ratio | beside | target | met |'
    yield '|---|---|---|---|---|---|'
    for name, what, sense, bound in TARGETS:
        if name not in figures:
            continue
        f = figures[name]
        number = counted(f, what)
        is_met = number >= bound if sense == AT_LEAST else number <= bound
        unit = {'ratio': 'x', 'value': ' ' + f['unit'],
                'over': ' ns over it'}[what]
        yield '| `%s` | %s %s | %s | %s | %s %s%s | %s |' % (
            name, short(f['value']), f['unit'], short(f['ratio']),
            f['yardstick'], sense, bound, unit, 'yes' if is_met else 'no')


def main():
    figures = {f['name']: f for f in json.load(sys.stdin)['bench']}
    if sys.argv[1:]:
        print(row(figures, ' '.join(sys.argv[1:])))
    else:
        print('\n'.join(targets(figures)))


if __name__ == '__main__':
    main()
