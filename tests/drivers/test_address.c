/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "drivers/modbus/address.h"
#include "drivers/modbus/value.h"

static void address_of_a_connection(void **state)
{
	static const struct {
		const char *text, *host; /* NULL: refused */
		uint16_t port;
	} cases[] = {
		{"tcp://192.0.2.10", "192.0.2.10", 502},
		{"tcp://192.0.2.10:5020", "192.0.2.10", 5020},
		{"tcp://plc-3.plant.example:502", "plc-3.plant.example", 502},
		{"tcp://[2001:db8::7]:503", "2001:db8::7", 503},
		{"tcp://[::1]", "::1", 502},
		{"tcp://", NULL, 0},
		{"tcp://:502", NULL, 0},
		{"tcp://host:", NULL, 0},
		{"tcp://host:0", NULL, 0},
		{"tcp://host:65536", NULL, 0},
		{"tcp://host:5o2", NULL, 0},
		{"tcp://host:502/x", NULL, 0},
		{"tcp://host/x", NULL, 0},
		{"tcp://ho st", NULL, 0},
		{"tcp://[::1", NULL, 0},
		{"tcp://[::1]x", NULL, 0},
		{"192.0.2.10:502", NULL, 0},
		{"", NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct address got;
		const char *why = NULL;
		int err = address_parse(&got, cases[i].text, &why);

		if (!cases[i].host) {
			if (err != -EINVAL || !why) {
				fail_msg("%s: %d", cases[i].text, err);
			}
		} else if (err || got.serial || strcmp(got.host, cases[i].host) != 0 ||
		           got.port != cases[i].port) {
			fail_msg("%s: %d %s %u", cases[i].text, err, got.host, got.port);
		}
	}
}

static void host_longer_than_dns_allows_is_refused(void **state)
{
	char text[400] = "tcp://";
	struct address got;
	const char *why;

	(void)state;
	memset(text + 6, 'a', ADDRESS_HOST_MAX);
	assert_int_equal(address_parse(&got, text, &why), 0);
	text[6 + ADDRESS_HOST_MAX] = 'a';
	assert_int_equal(address_parse(&got, text, &why), -EINVAL);
}

static void address_of_a_serial_line(void **state)
{
	static const struct {
		const char *text, *path; /* NULL: refused */
		uint32_t baud;
		char parity;
		uint8_t stop;
		bool rs485;
	} cases[] = {
		{"rtu:///dev/ttyUSB0", "/dev/ttyUSB0", 19200, 'E', 1, false},
		{"rtu:///dev/ttyS0?baud=9600&parity=none", "/dev/ttyS0", 9600, 'N', 2,
	         false},
		{"rtu:///dev/ttyS0?stop=1&parity=none&rs485=1", "/dev/ttyS0", 19200, 'N',
	         1, true},
		{"rtu:///dev/ttyS0?parity=odd", "/dev/ttyS0", 19200, 'O', 1, false},
		{"rtu://dev/ttyS0", NULL, 0, 0, 0, false},
		{"rtu:///", NULL, 0, 0, 0, false},
		{"rtu:///dev/ttyS0?", NULL, 0, 0, 0, false},
		{"rtu:///dev/ttyS0?baud=", NULL, 0, 0, 0, false},
		{"rtu:///dev/ttyS0?baud=99999999", NULL, 0, 0, 0, false},
		{"rtu:///dev/ttyS0?baud=12", NULL, 0, 0, 0, false},
		{"rtu:///dev/ttyS0?parity=mark", NULL, 0, 0, 0, false},
		{"rtu:///dev/ttyS0?stop=3", NULL, 0, 0, 0, false},
		{"rtu:///dev/ttyS0?speed=9600", NULL, 0, 0, 0, false},
		{"rtu:///dev/ttyS0?baud=9600&", NULL, 0, 0, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct address got;
		const char *why = NULL;
		int err = address_parse(&got, cases[i].text, &why);

		if (!cases[i].path) {
			if (err != -EINVAL || !why) {
				fail_msg("%s: %d", cases[i].text, err);
			}
		} else if (err || !got.serial || strcmp(got.path, cases[i].path) != 0 ||
		           got.baud != cases[i].baud || got.parity != cases[i].parity ||
		           got.stop != cases[i].stop || got.rs485 != cases[i].rs485) {
			fail_msg("%s: %d %s %u %c %u", cases[i].text, err, got.path,
			         got.baud, got.parity, got.stop);
		}
	}
}

static void at_names_table_and_address(void **state)
{
	static const struct {
		const char *at;
		struct encoding encoding; /* type, length, write_function */
		int want;                 /* 0 or -EINVAL */
		enum modbus_table table;
		uint32_t address;
	} cases[] = {
		{"holding:0", {.type = TYPE_UINT16}, 0, MODBUS_HOLDING, 0},
		{"input:65535", {.type = TYPE_UINT16}, 0, MODBUS_INPUT, 65535},
		{"coil:3", {.type = TYPE_BOOL}, 0, MODBUS_COIL, 3},
		{"discrete:9", {.type = TYPE_BOOL}, 0, MODBUS_DISCRETE, 9},
		{"40001", {.type = TYPE_INT16}, 0, MODBUS_HOLDING, 0},
		{"30010", {.type = TYPE_INT16}, 0, MODBUS_INPUT, 9},
		{"00001", {.type = TYPE_BOOL}, 0, MODBUS_COIL, 0},
		{"10001", {.type = TYPE_BOOL}, 0, MODBUS_DISCRETE, 0},
		{"400001", {.type = TYPE_INT16}, 0, MODBUS_HOLDING, 0},
		{"465536", {.type = TYPE_INT16}, 0, MODBUS_HOLDING, 65535},
		{"holding:1", {.type = TYPE_BOOL}, 0, MODBUS_HOLDING, 1},
		{"input:65534", {.type = TYPE_FLOAT32}, 0, MODBUS_INPUT, 65534},
		{"holding:0", {.type = TYPE_STRING, .length = 250}, 0, MODBUS_HOLDING, 0},
		{"coil:3", {.write_function = 15}, 0, MODBUS_COIL, 3},
		{"holding:0",
	         {.type = TYPE_INT16, .write_function = 16},
	         0,
	         MODBUS_HOLDING,
	         0},
		{"holding:0",
	         {.type = TYPE_BIT, .write_function = 22},
	         0,
	         MODBUS_HOLDING,
	         0},
		{"coil:3", {.write_function = 6}, -EINVAL, 0, 0},
		{"coil:3", {.write_function = 16}, -EINVAL, 0, 0},
		{"holding:0", {.type = TYPE_BOOL, .write_function = 5}, -EINVAL, 0, 0},
		{"holding:0", {.type = TYPE_INT32, .write_function = 6}, -EINVAL, 0, 0},
		{"holding:0", {.type = TYPE_INT16, .write_function = 22}, -EINVAL, 0, 0},
		{"465537", {.type = TYPE_INT16}, -EINVAL, 0, 0},
		{"40000", {.type = TYPE_INT16}, -EINVAL, 0, 0},
		{"20001", {.type = TYPE_INT16}, -EINVAL, 0, 0},
		{"4001", {.type = TYPE_INT16}, -EINVAL, 0, 0},
		{"1", {.type = TYPE_BOOL}, -EINVAL, 0, 0},
		{"", {.type = TYPE_BOOL}, -EINVAL, 0, 0},
		{"holding", {.type = TYPE_BOOL}, -EINVAL, 0, 0},
		{"holding:", {.type = TYPE_BOOL}, -EINVAL, 0, 0},
		{"holding:-1", {.type = TYPE_BOOL}, -EINVAL, 0, 0},
		{"holding:1x", {.type = TYPE_BOOL}, -EINVAL, 0, 0},
		{"holding:65536", {.type = TYPE_BOOL}, -EINVAL, 0, 0},
		{"holding:4294967296", {.type = TYPE_BOOL}, -EINVAL, 0, 0},
		{"Holding:1", {.type = TYPE_BOOL}, -EINVAL, 0, 0},
		{"register:1", {.type = TYPE_BOOL}, -EINVAL, 0, 0},
		{"coil:1", {.type = TYPE_UINT16}, -EINVAL, 0, 0},
		{"discrete:1", {.type = TYPE_BIT}, -EINVAL, 0, 0},
		{"input:65535", {.type = TYPE_FLOAT32}, -EINVAL, 0, 0},
		{"holding:1", {.type = TYPE_BIT, .length = 16}, -EINVAL, 0, 0},
		{"holding:1", {.type = TYPE_BCD, .length = 0}, -EINVAL, 0, 0},
		{"holding:1", {.type = TYPE_BCD, .length = 17}, -EINVAL, 0, 0},
		{"holding:1", {.type = TYPE_STRING, .length = 251}, -EINVAL, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct point got = {.at = cases[i].at, .encoding = &cases[i].encoding};
		const char *why = NULL;
		int err = address_parse_point(&got, &why);

		if (err != cases[i].want || (err != 0) != (why != NULL)) {
			fail_msg("%s: %d", cases[i].at, err);
		}
		if (!err &&
		    (got.space != cases[i].table || got.address != cases[i].address)) {
			fail_msg("%s: %u:%u", cases[i].at, got.space, got.address);
		}
	}
}

static void exponent_is_a_register_of_the_same_table(void **state)
{
	static const struct {
		const char *at;
		enum value_type type;
		const char *exponent_at;
		int want;
		uint32_t exponent, begin, end;
	} cases[] = {
		{"holding:71", TYPE_UINT16, "holding:75", 0, 75, 71, 76},
		{"40072", TYPE_UINT32, "holding:70", 0, 70, 70, 73},
		{"input:1", TYPE_INT16, "30003", 0, 2, 1, 3},
		{"input:1", TYPE_INT64, "input:2", 0, 2, 1, 5},
		{"input:1", TYPE_INT16, "holding:3", -EINVAL, 0, 0, 0},
		{"coil:1", TYPE_BOOL, "coil:3", -EINVAL, 0, 0, 0},
		{"input:1", TYPE_INT16, "input:65536", -EINVAL, 0, 0, 0},
		{"input:1", TYPE_INT16, "a_sf", -EINVAL, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct point_raw raw = {.exponent_at = cases[i].exponent_at};
		const struct encoding encoding = {
			.raw = &raw, .scale = 1, .type = cases[i].type};
		struct point got = {.at = cases[i].at, .encoding = &encoding};
		const char *why = NULL;
		int err = address_parse_point(&got, &why);

		if (err != cases[i].want || (err && !why) ||
		    (!err && (raw.exponent != cases[i].exponent ||
		              value_begin(&got) != cases[i].begin ||
		              value_end(&got) != cases[i].end))) {
			fail_msg("%s of %s: %d, %u, %u to %u", cases[i].exponent_at,
			         cases[i].at, err, raw.exponent, value_begin(&got),
			         value_end(&got));
		}
	}
}

static void both_notations_are_printed(void **state)
{
	static const struct {
		enum modbus_table table;
		uint32_t address, count;
		const char *want;
	} cases[] = {
		{MODBUS_HOLDING, 0, 1, "holding:0 40001"},
		{MODBUS_HOLDING, 0, 10, "holding:0..9 40001..40010"},
		{MODBUS_INPUT, 9998, 1, "input:9998 39999"},
		{MODBUS_INPUT, 9998, 2, "input:9998..9999 309999..310000"},
		{MODBUS_COIL, 7, 8, "coil:7..14 00008..00015"},
		{MODBUS_DISCRETE, 65535, 1, "discrete:65535 165536"},
		{MODBUS_DISCRETE, 65533, 3, "discrete:65533..65535 165534..165536"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[ADDRESS_TEXT_MAX];

		address_print(text, cases[i].table, cases[i].address, cases[i].count);
		assert_string_equal(text, cases[i].want);
	}
}

static void ranges_are_read_and_printed(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: refused */
	} cases[] = {
		{"holding:100..119", "holding:100..119"},
		{"input:7", "input:7"},
		{"40101..40120", "holding:100..119"},
		{"00001..00016", "coil:0..15"},
		{"holding:7..7", "holding:7"},
		{"discrete:0..65535", "discrete:0..65535"},
		{"holding:9..8", NULL},
		{"holding:0..65536", NULL},
		{"holding:0..", NULL},
		{"holding:0..holding:7", NULL},
		{"holding:", NULL},
		{"..9", NULL},
		{"40001..30009", NULL},
		{"40001..9", NULL},
		{"register:0..9", NULL},
		{"holding:000000000000000000000000000000000000000000000000..9", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[ADDRESS_TEXT_MAX];
		struct device_range range;
		const char *why = NULL;

		if (address_parse_range(&range, cases[i].text, &why)) {
			if (cases[i].want || !why) {
				fail_msg("%s: refused", cases[i].text);
			}
			continue;
		}
		address_print_range(&range, text, sizeof(text));
		assert_string_equal(text, cases[i].want ? cases[i].want : "");
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(address_of_a_connection),
		cmocka_unit_test(host_longer_than_dns_allows_is_refused),
		cmocka_unit_test(address_of_a_serial_line),
		cmocka_unit_test(at_names_table_and_address),
		cmocka_unit_test(exponent_is_a_register_of_the_same_table),
		cmocka_unit_test(both_notations_are_printed),
		cmocka_unit_test(ranges_are_read_and_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
