#!/usr/bin/python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""append_only.py OLD.abi NEW.abi: exit 1 unless NEW only adds to OLD.

Both are XML of libabigail's abidw.  Prints what is not an addition, one line
each; then what was added, after a plus sign.  abidiff cannot be the judge: it
does not tell an appended member from an inserted one, and misses a renamed
one (mutants.sh has the cases).
"""
import sys
import xml.etree.ElementTree as ET


class Abi:
    """What a program that links the library depends on."""

    def __init__(self, path):
        root = ET.parse(path).getroot()
        self.nodes = {e.get('id'): e for e in root.iter() if e.get('id')}
        self.soname = root.get('soname')
        self.symbols = {s.get('name'): s.get('version')
                        for s in root.iter('elf-symbol')}
        # Exported, not merely called.
        self.functions = {
            f.get('name'): self.signature(f)
            for f in root.iter('function-decl') if f.get('elf-symbol-id')}
        self.structs = {
            c.get('name'): (int(c.get('size-in-bits') or 0), self.members(c))
            for c in root.iter('class-decl')
            if not c.get('is-declaration-only')}
        self.enums = {
            c.get('name'): {e.get('name'): e.get('value')
                            for e in c.findall('enumerator')}
            for c in root.iter('enum-decl')}

    def signature(self, function):
        return '%s(%s)' % (
            self.spell(function.find('return').get('type-id')),
            ','.join(self.spell(p.get('type-id'))
                     for p in function.findall('parameter')))

    def members(self, struct):
        return [(v.get('name'), self.spell(v.get('type-id')),
                 m.get('layout-offset-in-bits'))
                for m in struct.findall('data-member')
                for v in m.findall('var-decl')]

    def spell(self, ref):
        """A type as text; structs by name, so that it ends."""
        node = self.nodes.get(ref)
        if node is None:
            return str(ref)
        if node.tag == 'pointer-type-def':
            return self.spell(node.get('type-id')) + '*'
        if node.tag == 'qualified-type-def':
            return 'const ' + self.spell(node.get('type-id'))
        if node.tag == 'array-type-def':
            return self.spell(node.get('type-id')) + '[%s]' % ','.join(
                str(s.get('length')) for s in node)
        if node.tag == 'typedef-decl':
            return node.get('name') + '=' + self.spell(node.get('type-id'))
        if node.tag == 'function-type':
            return self.signature(node)
        size = node.get('size-in-bits') if node.tag == 'type-decl' else None
        return '%s %s:%s' % (node.tag.split('-')[0], node.get('name') or '?',
                             size or '')


def breaks(old, new):
    if old.soname != new.soname:
        yield 'SONAME %s -> %s' % (old.soname, new.soname)
    for name, version in old.symbols.items():
        if new.symbols.get(name) != version:
            yield 'symbol %s@%s -> %s' % (name, version,
                                          new.symbols.get(name))
    for name, signature in old.functions.items():
        # The compiler may have folded two equal bodies into one; then only
        # the symbol of the other is left, and that was compared above.
        now = new.functions.get(name, signature)
        if now != signature:
            yield 'function %s: %s -> %s' % (name, signature, now)
    for name, (size, members) in old.structs.items():
        now_size, now = new.structs.get(name, (0, []))
        if now[:len(members)] != members:
            yield ('struct %s: old members are not a prefix of the new ones'
                   % name)
        elif now_size != size and members[:1] and \
                members[0][0] != 'struct_size':
            yield 'struct %s: grew without struct_size' % name
    for name, values in old.enums.items():
        for key, value in values.items():
            if new.enums.get(name, {}).get(key) != value:
                yield 'enum %s.%s' % (name, key)


def additions(old, new):
    for name in new.functions.keys() - old.functions.keys():
        yield '+ function %s' % name
    for name in new.structs.keys() - old.structs.keys():
        yield '+ struct %s' % name
    for name, (_, members) in new.structs.items():
        for member in members[len(old.structs.get(name, (0, members))[1]):]:
            yield '+ %s.%s' % (name, member[0])


def main():
    old, new = Abi(sys.argv[1]), Abi(sys.argv[2])
    bad = list(breaks(old, new))
    for line in bad + sorted(additions(old, new)):
        print(line)
    sys.exit(bool(bad))


if __name__ == '__main__':
    main()
