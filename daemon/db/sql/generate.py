#!/usr/bin/python3
"""Makes statements.h and statements.c from *.sql: each `-- name: x` heads one statement."""
import re
import sys

out_h, out_c, *files = sys.argv[1:]
statements = []
for path in files:
    name, lines = None, []
    for line in open(path, encoding="utf-8"):
        head = re.match(r"-- name: (\w+)\s*$", line)
        if head:
            if name:
                statements.append((name, lines))
            name, lines = head.group(1), []
        elif name and not line.startswith("--"):
            lines.append(line.rstrip())
    if name:
        statements.append((name, lines))

with open(out_h, "w", encoding="utf-8") as h:
    h.write("/* Generated from daemon/db/sql. */\n#pragma once\n\nenum statement {\n")
    for name, _ in statements:
        h.write(f"\tSQL_{name.upper()},\n")
    h.write("\tSQL_COUNT,\n};\n\nextern const char *const statement_names[SQL_COUNT];\n"
            "extern const char *const statement_texts[SQL_COUNT];\n")
with open(out_c, "w", encoding="utf-8") as c:
    c.write('/* Generated from daemon/db/sql. */\n#include "daemon/db/statements.h"\n\n')
    c.write("const char *const statement_names[SQL_COUNT] = {\n")
    for name, _ in statements:
        c.write(f'\t[SQL_{name.upper()}] = "{name}",\n')
    c.write("};\n\nconst char *const statement_texts[SQL_COUNT] = {\n")
    for name, lines in statements:
        c.write(f"\t[SQL_{name.upper()}] =\n")
        for line in lines:
            text = line.strip().rstrip(";").replace("\\", "\\\\").replace('"', '\\"')
            if text:
                c.write(f'\t\t"{text} "\n')
        c.write("\t\t,\n")
    c.write("};\n")
