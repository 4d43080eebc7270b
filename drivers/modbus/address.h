/* SPDX-License-Identifier: Apache-2.0 */
/** The grammar of `at:` and `address:`.  Pure. */
#ifndef DRIVERS_MODBUS_ADDRESS_H
#define DRIVERS_MODBUS_ADDRESS_H

#include "drivers/driver.h"
#include "drivers/modbus/pdu.h"

enum {
	ADDRESS_HOST_MAX = 253, /* of a host name, RFC 1035 */
	ADDRESS_PATH_MAX = 255,
	ADDRESS_TEXT_MAX = 48, /* what address_print() needs */
};

/** `address:`, understood.  A plain value. */
struct address {
	bool serial;
	char host[ADDRESS_HOST_MAX + 1]; /* name, IPv4, or IPv6 without brackets */
	uint16_t port;
	char path[ADDRESS_PATH_MAX + 1]; /* serial lines from here on */
	uint32_t baud;                   /* 300 to 4000000 */
	char parity;                     /* 'N', 'E', 'O' */
	uint8_t stop;                    /* 1 or 2 */
	bool rs485;                      /* the kernel switches the driver on and off */
};

/**
 * Understand tcp://HOST[:PORT] or rtu:///dev/TTY[?baud=19200&parity=even&stop=1&rs485=1].
 * Defaults: port 502; 19200 baud, even, 1 stop bit (2 where parity is none), as the
 * specification over serial line V1.02 section 2.5.1 has it.
 *
 * @return 0, or -EINVAL with *why a static text for the operator
 */
int address_parse(struct address *out, const char *text, const char **why);

/**
 * Understand point->at: `holding:0`, `input:0`, `coil:0`, `discrete:0`, or a number of 5
 * or 6 digits whose first names the table (0 coil, 1 discrete, 3 input, 4 holding) and
 * which counts from 1: 40001.  Fills space, address and read_only; checks them against
 * type and length, which are set before.
 *
 * @return 0, or -EINVAL with *why a static text for the operator
 */
int address_parse_point(struct point *point, const char **why);

/** Understand "holding:100..119", "40101..40120" or a single address: both ends in one
 * table.  @return 0, or -EINVAL with *why a static text */
int address_parse_range(struct device_range *out, const char *text, const char **why);

/** The inverse, "holding:100..119" or "holding:7"; n >= ADDRESS_TEXT_MAX. */
void address_print_range(const struct device_range *range, char *text, size_t n);

/** "holding:0..9 40001..40010": both notations of count registers or bits. */
void address_print(char text[ADDRESS_TEXT_MAX], enum modbus_table table, uint32_t address,
                   uint32_t count);

/** As above, all of a point's registers; n >= ADDRESS_TEXT_MAX. */
void address_print_point(const struct point *point, char *text, size_t n);

#endif
