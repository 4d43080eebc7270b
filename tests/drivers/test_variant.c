/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <open62541/types_generated.h>

#include "drivers/opcua/variant.h"
#include "drivers/scalar.h"
#include "tests/unscaled.h"

/* A value of each type that the server may keep, to and fro. */
static void what_is_printed_is_written_and_reads_the_same(void **state)
{
	static const struct {
		int type;
		enum value_type as;
		const char *text;
	} cases[] = {
		{UA_TYPES_BOOLEAN, TYPE_BOOL, "1"},
		{UA_TYPES_SBYTE, TYPE_INT8, "-128"},
		{UA_TYPES_BYTE, TYPE_UINT8, "255"},
		{UA_TYPES_INT16, TYPE_INT16, "-32768"},
		{UA_TYPES_UINT16, TYPE_UINT16, "65535"},
		{UA_TYPES_INT32, TYPE_INT32, "-2147483648"},
		{UA_TYPES_UINT32, TYPE_UINT32, "4294967295"},
		{UA_TYPES_INT64, TYPE_INT64, "-9223372036854775808"},
		{UA_TYPES_UINT64, TYPE_UINT64, "18446744073709551615"},
		{UA_TYPES_FLOAT, TYPE_FLOAT32, "0.5"},
		{UA_TYPES_DOUBLE, TYPE_FLOAT64, "0.1"},
		{UA_TYPES_DATETIME, TYPE_EPOCH, "1767323045"},
		{UA_TYPES_STRING, TYPE_STRING, "pump"},
		{UA_TYPES_LOCALIZEDTEXT, TYPE_STRING, "pump"},
		{UA_TYPES_SERVERSTATE, TYPE_INT32, "3"}, /* an enumeration */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int array = 0; array < 2; array++) {
			const struct encoding encoding = {
				.scale = 1, .length = 20, .type = cases[i].as};
			const struct point p = {.encoding = &encoding};
			UA_DataValue v = {.hasValue = true};
			char room[21], text[VALUE_TEXT_MAX + 1];
			struct reading r;

			assert_int_equal(variant_write(&v.value, &UA_TYPES[cases[i].type],
			                               array != 0, cases[i].text),
			                 0);
			variant_read(&r, &p, &v, array != 0, room);
			assert_int_equal(r.quality, QUALITY_GOOD);
			assert_int_equal(scalar_print(text, sizeof(text), &p, &r.value),
			                 0);
			assert_string_equal(text, cases[i].text);
			UA_Variant_clear(&v.value);
		}
	}
}

static void what_does_not_fit_the_servers_type_is_refused(void **state)
{
	static const struct {
		int type;
		const char *text;
		UA_StatusCode want;
	} cases[] = {
		{UA_TYPES_BOOLEAN, "2", UA_STATUSCODE_BADOUTOFRANGE},
		{UA_TYPES_SBYTE, "128", UA_STATUSCODE_BADOUTOFRANGE},
		{UA_TYPES_BYTE, "-1", UA_STATUSCODE_BADOUTOFRANGE},
		{UA_TYPES_INT16, "1.5", UA_STATUSCODE_BADOUTOFRANGE},
		{UA_TYPES_UINT64, "18446744073709551616", UA_STATUSCODE_BADOUTOFRANGE},
		{UA_TYPES_INT64, "-9223372036854775809", UA_STATUSCODE_BADOUTOFRANGE},
		{UA_TYPES_FLOAT, "1e39", UA_STATUSCODE_BADOUTOFRANGE},
		{UA_TYPES_DOUBLE, "pump", UA_STATUSCODE_BADOUTOFRANGE},
		{UA_TYPES_INT32, "", UA_STATUSCODE_BADOUTOFRANGE},
		{UA_TYPES_GUID, "1", UA_STATUSCODE_BADTYPEMISMATCH},
		{UA_TYPES_BYTESTRING, "1", UA_STATUSCODE_BADTYPEMISMATCH},
	};
	UA_Variant v;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (variant_write(&v, &UA_TYPES[cases[i].type], false, cases[i].text) !=
		    cases[i].want) {
			fail_msg("taken: %s", cases[i].text);
		}
		assert_null(v.data);
	}
}

static void value_without_content_is_bad(void **state)
{
	const struct point p = {.encoding = &unscaled[TYPE_INT16]};
	UA_DataValue v = {.hasValue = false};
	struct reading r;

	(void)state;
	variant_read(&r, &p, &v, false, NULL);
	assert_int_equal(r.reason, REASON_SHORT);
	v.hasValue = true;
	UA_Variant_setArray(&v.value, UA_EMPTY_ARRAY_SENTINEL, 0,
	                    &UA_TYPES[UA_TYPES_INT16]);
	variant_read(&r, &p, &v, true, NULL);
	assert_int_equal(r.reason, REASON_SHORT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_printed_is_written_and_reads_the_same),
		cmocka_unit_test(what_does_not_fit_the_servers_type_is_refused),
		cmocka_unit_test(value_without_content_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
