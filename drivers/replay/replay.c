/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/driver.h"

extern const struct driver driver_replay;
const struct driver driver_replay = {.name = "replay"};
