/* SPDX-License-Identifier: Apache-2.0 */
/** All variables of a server below its folder Objects, but for what it tells of itself.
 */
#ifndef DRIVERS_OPCUA_BROWSE_H
#define DRIVERS_OPCUA_BROWSE_H

#include "drivers/driver.h"

/** As struct driver's browse(). */
int browse(const char *address, uint32_t timeout_ms, const struct browse_sink *sink);

#endif
