/* The host's time zone files, for the calendars of the daemon, the command and the tests. */
#pragma once

#include "lib/zone.h"

/* Reads /usr/share/zoneinfo, or $TZDIR where that is set; no name leads outside of it. */
struct zone_loader zoneinfo_loader(void);
