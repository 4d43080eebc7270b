/* SPDX-License-Identifier: Apache-2.0 */
/** A plant's signals in the tables of a Modbus unit, and back. */
#ifndef GATEWAY_PLANT_REGISTERS_H
#define GATEWAY_PLANT_REGISTERS_H

#include "drivers/modbus/image.h"
#include "gateway/plant/plant_config.h"

/** Is it a bit of coils or discrete inputs, rather than words? */
bool registers_are_bits(const struct plant_register *r);

/** Put a signal where r has it; what the type cannot hold saturates, what is no number
 * becomes a NaN or the lowest number. */
void registers_show(struct image *image, const struct plant_register *r, double signal);

/** What stands in the image for r, as its signal; NAN where it is no number. */
double registers_signal(struct image *image, const struct plant_register *r);

#endif
