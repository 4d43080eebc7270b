/* SPDX-License-Identifier: Apache-2.0 */
#include "drivers/modbus/address.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/modbus/value.h"

static const struct {
	const char *name;
	char digit; /* the first of a 40001-style number */
} tables[] = {
	[MODBUS_HOLDING] = {"holding", '4'},
	[MODBUS_INPUT] = {"input", '3'},
	[MODBUS_COIL] = {"coil", '0'},
	[MODBUS_DISCRETE] = {"discrete", '1'},
};

static int refuse(const char **why, const char *text)
{
	*why = text;
	return -EINVAL;
}

/* Decimal digits up to the end of text, at most max: strict, unlike strtoul(). */
static bool parse_number(uint32_t *out, const char *text, size_t n, uint32_t max)
{
	uint64_t number = 0;

	if (n == 0 || n > 10) {
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)text[i])) {
			return false;
		}
		number = 10 * number + (uint64_t)(text[i] - '0');
	}
	*out = (uint32_t)number;
	return number <= max;
}

/* ---- address: ---- */

static int parse_host(struct address *out, const char *text, const char **why)
{
	const char *end, *port;
	uint32_t number = 502;

	if (*text == '[') {
		text++;
		end = strchr(text, ']');
		if (!end) {
			return refuse(why, "']' is missing after the IPv6 address");
		}
		port = end + 1;
	} else {
		end = text + strcspn(text, ":");
		port = end;
	}
	if (end == text || end - text > ADDRESS_HOST_MAX ||
	    strcspn(text, "/?#@ \t") < (size_t)(end - text)) {
		return refuse(why, "tcp:// needs a host of 1 to 253 characters");
	}
	if (*port && (*port != ':' ||
	              !parse_number(&number, port + 1, strlen(port + 1), UINT16_MAX) ||
	              number == 0)) {
		return refuse(why,
		              "the port is a number from 1 to 65535 and ends a tcp:// "
		              "address");
	}
	memcpy(out->host, text, (size_t)(end - text));
	out->port = (uint16_t)number;
	return 0;
}

static bool is_value(const char *value, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(value, text, n) == 0;
}

static int parse_parity(struct address *out, const char *value, size_t n,
                        const char **why)
{
	static const char *const names[] = {"none", "even", "odd"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (is_value(value, n, names[i])) {
			out->parity = "NEO"[i];
			return 0;
		}
	}
	return refuse(why, "parity is none, even or odd");
}

static int parse_option(struct address *out, const char *key, size_t n, const char **why)
{
	const char *equals = memchr(key, '=', n);
	const char *value = equals ? equals + 1 : key + n;
	size_t n_key = equals ? (size_t)(equals - key) : n;
	size_t n_value = n - (size_t)(value - key);
	uint32_t number = 0;

	if (is_value(key, n_key, "baud")) {
		if (!parse_number(&out->baud, value, n_value, 4000000) ||
		    out->baud < 300) {
			return refuse(why, "baud is a number from 300 to 4000000");
		}
	} else if (is_value(key, n_key, "parity")) {
		return parse_parity(out, value, n_value, why);
	} else if (is_value(key, n_key, "stop")) {
		if (!parse_number(&number, value, n_value, 2) || number < 1) {
			return refuse(why, "stop is 1 or 2");
		}
		out->stop = (uint8_t)number;
	} else if (is_value(key, n_key, "rs485")) {
		if (!parse_number(&number, value, n_value, 1)) {
			return refuse(why, "rs485 is 0 or 1");
		}
		out->rs485 = number == 1;
	} else {
		return refuse(why, "options of rtu:// are baud, parity, stop and rs485");
	}
	return 0;
}

static int parse_line(struct address *out, const char *text, const char **why)
{
	size_t n = strcspn(text, "?");

	if (*text != '/' || n < 2 || n > ADDRESS_PATH_MAX) {
		return refuse(why, "rtu:// needs the absolute path of a line: "
		                   "rtu:///dev/ttyUSB0");
	}
	*out = (struct address){.serial = true, .baud = 19200, .parity = 'E'};
	memcpy(out->path, text, n);
	for (text += n; *text; text += n) {
		int err;

		text++; /* '?' or '&' */
		n = strcspn(text, "&");
		err = parse_option(out, text, n, why);
		if (err) {
			return err;
		}
	}
	if (!out->stop) {
		out->stop = out->parity == 'N' ? 2 : 1;
	}
	return 0;
}

int address_parse(struct address *out, const char *text, const char **why)
{
	*out = (struct address){0};
	if (strncmp(text, "tcp://", 6) == 0) {
		return parse_host(out, text + 6, why);
	}
	if (strncmp(text, "rtu://", 6) == 0) {
		return parse_line(out, text + 6, why);
	}
	return refuse(why,
	              "an address is tcp://HOST[:PORT] or rtu:///dev/TTY[?baud=19200&"
	              "parity=even&stop=1]");
}

/* ---- at: ---- */

static int parse_table(struct point *point, const char **why)
{
	const char *colon = strchr(point->at, ':');

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (is_value(point->at, (size_t)(colon - point->at), tables[i].name)) {
			point->space = (uint16_t)i;
			return parse_number(&point->address, colon + 1, strlen(colon + 1),
			                    UINT16_MAX)
			               ? 0
			               : refuse(why, "an address is a number from 0 to "
			                             "65535");
		}
	}
	return refuse(why, "tables are holding, input, coil and discrete");
}

static int parse_digits(struct point *point, const char **why)
{
	size_t n = strlen(point->at);
	uint32_t number;

	if ((n != 5 && n != 6) || !parse_number(&number, point->at, n, UINT32_MAX)) {
		return refuse(why,
		              "at: is holding:0, input:0, coil:0, discrete:0, or 5 or 6 "
		              "digits like 40001");
	}
	parse_number(&number, point->at + 1, n - 1, UINT32_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (point->at[0] == tables[i].digit) {
			if (number < 1 || number > 65536) {
				return refuse(why, "numbers of this style run from 1 to "
				                   "65536 after the first digit");
			}
			point->space = (uint16_t)i;
			point->address = number - 1;
			return 0;
		}
	}
	return refuse(why,
	              "the first digit names the table: 0 coil, 1 discrete, 3 input, 4 "
	              "holding");
}

static int check_function(const struct point *point, const char **why)
{
	bool coil = point->space == MODBUS_COIL;

	switch (point->encoding->write_function) {
	case 0:
		return 0;
	case PDU_WRITE_COIL:
	case PDU_WRITE_COILS:
		return coil ? 0 : refuse(why, "functions 5 and 15 write coils");
	case PDU_WRITE_REGISTER:
		return !coil && value_registers(point) == 1
		               ? 0
		               : refuse(why, "function 6 writes one holding register");
	case PDU_MASK_REGISTER:
		return !coil && value_is_part(point)
		               ? 0
		               : refuse(why, "function 22 writes a bit or byte of a "
		                             "holding register");
	default:
		return !coil ? 0 : refuse(why, "function 16 writes holding registers");
	}
}

static int check_type(const struct point *point, const char **why)
{
	if (point->encoding->type == TYPE_STRING &&
	    (point->encoding->length < 1 || point->encoding->length > VALUE_TEXT_MAX)) {
		return refuse(why, "string(n) has 1 to 250 bytes");
	}
	if (point->encoding->type == TYPE_BCD &&
	    (point->encoding->length < 1 || point->encoding->length > 16)) {
		return refuse(why, "bcd(n) has 1 to 16 digits");
	}
	if (point->encoding->type == TYPE_BIT && point->encoding->length > 15) {
		return refuse(why, "bit(n) is one of 0 to 15");
	}
	if ((point->space == MODBUS_COIL || point->space == MODBUS_DISCRETE) &&
	    point->encoding->type != TYPE_BOOL) {
		return refuse(why, "coils and discrete inputs are of type bool");
	}
	if (point->address + value_registers(point) > 65536) {
		return refuse(why, "the value runs past address 65535");
	}
	return 0;
}

/* A single register or bit. */
static int parse_cell(struct point *cell, const char *text, const char **why)
{
	*cell = (struct point){.at = text};
	return strchr(text, ':') ? parse_table(cell, why) : parse_digits(cell, why);
}

/* The register of a scale factor. */
static int parse_exponent(struct point *point, const char **why)
{
	struct point cell;

	if (!point->encoding->raw || !point->encoding->raw->exponent_at) {
		return 0;
	}
	if (parse_cell(&cell, point->encoding->raw->exponent_at, why) ||
	    cell.space != point->space || point->encoding->type == TYPE_BOOL) {
		return refuse(why, "'exponent_at' is a register of the same table, such "
		                   "as holding:40075");
	}
	point->encoding->raw->exponent = cell.address;
	return 0;
}

int address_parse_point(struct point *point, const char **why)
{
	int err = strchr(point->at, ':') ? parse_table(point, why)
	                                 : parse_digits(point, why);

	point->read_only = point->space == MODBUS_INPUT ||
	                   point->space == MODBUS_DISCRETE;
	err = err ? err : check_type(point, why);
	err = err ? err : parse_exponent(point, why);
	return err ? err : check_function(point, why);
}

/* The end of a range names its table by digit, or not at all: "holding:0..9". */
static int parse_last(struct point *last, const struct point *first, const char *text,
                      const char **why)
{
	bool bare = strchr(first->at, ':') != NULL;
	int err;

	if (bare) {
		*last = (struct point){.space = first->space};
		err = parse_number(&last->address, text, strlen(text), UINT16_MAX)
		              ? 0
		              : refuse(why, "a range ends with a number from 0 to "
		                            "65535: holding:0..9");
	} else {
		err = parse_cell(last, text, why);
	}
	if (!err && (last->space != first->space || last->address < first->address)) {
		err = refuse(why, "a range ends behind its begin, in the same table");
	}
	return err;
}

int address_parse_range(struct device_range *out, const char *text, const char **why)
{
	const char *dots = strstr(text, "..");
	size_t n = dots ? (size_t)(dots - text) : strlen(text);
	char begin[ADDRESS_TEXT_MAX];
	struct point first, last;
	int err;

	if (n >= sizeof(begin)) {
		return refuse(why, "a range is holding:100..119, 40101..40120 or one "
		                   "address");
	}
	memcpy(begin, text, n);
	begin[n] = '\0';
	err = parse_cell(&first, begin, why);
	if (err) {
		return err;
	}
	last = first;
	err = dots ? parse_last(&last, &first, dots + 2, why) : 0;
	if (!err) {
		*out = (struct device_range){first.space, (uint16_t)first.address,
		                             (uint16_t)last.address};
	}
	return err;
}

void address_print_range(const struct device_range *range, char *text, size_t n)
{
	int used = snprintf(text, n, "%s:%u", tables[range->space].name, range->first);

	if (range->last != range->first && used > 0 && (size_t)used < n) {
		snprintf(text + used, n - (size_t)used, "..%u", range->last);
	}
}

void address_print(char text[ADDRESS_TEXT_MAX], enum modbus_table table, uint32_t address,
                   uint32_t count)
{
	uint32_t last = address + count - 1;
	int width = last < 9999 ? 4 : 5; /* both numbers in as many digits */

	if (count == 1) {
		snprintf(text, ADDRESS_TEXT_MAX, "%s:%u %c%0*u", tables[table].name,
		         address, tables[table].digit, width, address + 1);
	} else {
		snprintf(text, ADDRESS_TEXT_MAX, "%s:%u..%u %c%0*u..%c%0*u",
		         tables[table].name, address, last, tables[table].digit, width,
		         address + 1, tables[table].digit, width, last + 1);
	}
}

void address_print_point(const struct point *point, char *text, size_t n)
{
	if (n >= ADDRESS_TEXT_MAX) {
		address_print(text, (enum modbus_table)point->space, point->address,
		              value_registers(point));
	}
}
