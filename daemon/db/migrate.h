/* `kezekd migrate`: brings the schema to this program's version. Blocking; not for the running
 * daemon. */
#pragma once

#include "daemon/settings.h"

/*
 * Applies migrations/NNNN_….sql not yet applied, each in a transaction of its own, under an
 * advisory lock; checks the checksums of those applied; applies migrations/functions whose text has
 * changed. Refused when the schema is newer than the program. `test_clock`: the clock of a database
 * made just now may be moved by tests. Progress and faults on standard output and error. The exit
 * code: 0, or 1.
 */
int migrate_run(const struct settings *settings, bool test_clock);
/* The version that this program's migrations lead to. */
int migrate_version(void);

/* `kezekd partitions [--detach YEAR]`: the years, or one of them leaves. The exit code. */
int partitions_run(const struct settings *settings, int argc, char **argv);

/* `kezekd principal add …`: the first principals, before anybody can connect. The exit code. */
int bootstrap_principal(const struct settings *settings, int argc, char **argv);
