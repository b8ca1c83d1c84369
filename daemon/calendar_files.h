/* A directory of calendar files, read into a set. */
#pragma once

#include <stdio.h>

#include "lib/calendar.h"

/*
 * Puts every *.json of `dir`, in the order of their names, and checks the whole. Returns 0; a
 * negative errno where the directory cannot be read; 1 where files are at fault. Each fault is a
 * line on `complaints`.
 */
_must_check_ int calendar_files_load(const char *dir, struct calendars *set, FILE *complaints);
