#!/usr/bin/python3
"""Makes the C file that carries the migrations: the program and its schema cannot part."""
import os
import sys

out, *files = sys.argv[1:]


def literal(text):
    return "\n".join('\t\t"%s\\n"' % line.replace("\\", "\\\\").replace('"', '\\"')
                     for line in text.splitlines())


def table(c, name, paths):
    c.write("const struct migration %s[] = {\n" % name)
    for path in paths:
        c.write('\t{"%s",\n%s},\n' % (os.path.basename(path)[:-4], literal(open(path, encoding="utf-8").read())))
    c.write("\t{0},\n};\n")


numbered = sorted(f for f in files if os.path.basename(f)[0].isdigit())
functions = [f for f in files if f not in numbered]
with open(out, "w", encoding="utf-8") as c:
    c.write('/* Generated from migrations/. */\n#include "daemon/db/migrations.h"\n\n')
    table(c, "migrations", numbered)
    table(c, "migration_functions", functions)
