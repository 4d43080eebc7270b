/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/driver.h"

extern const struct driver driver_modbus;
const struct driver driver_modbus = {.name = "modbus"};
