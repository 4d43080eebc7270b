/* SPDX-License-Identifier: Apache-2.0 */
/** The four tables of one unit that a server answers from.  Not thread-safe. */
#ifndef DRIVERS_MODBUS_IMAGE_H
#define DRIVERS_MODBUS_IMAGE_H

#include "drivers/modbus/server.h"

/** Tables from address 0 on.  Open, so that its owner reads and writes it directly. */
struct image {
	uint16_t *holding, *input;
	bool *coils, *discretes;
	uint32_t n[4]; /* entries, by enum modbus_table; at most 65536 */
};

/** @param n  entries by enum modbus_table, 0 to 65536 each.  @return 0, -EINVAL or
 * -ENOMEM; end with image_fini() in either case */
int image_init(struct image *image, const uint32_t n[4]);
void image_fini(struct image *image);

/** Carry an access out; its unit is not looked at.  Input and discrete tables cannot be
 * written.  @return 0, or PDU_ILLEGAL_ADDRESS and nothing changed */
uint8_t image_access(struct image *image, const struct server_access *access);

#endif
