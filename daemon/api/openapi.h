/* The contract, include/kezek/openapi.json, carried in the program. */
#pragma once

#include "lib/base.h"

struct span openapi_text(void);
