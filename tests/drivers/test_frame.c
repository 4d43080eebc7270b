/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "drivers/modbus/frame.h"
#include "drivers/reading.h"

static void crc_is_the_specifications(void **state)
{
	/* V1.02, appendix B: the CRC of 02 07 is 1241, sent 41 12. */
	uint8_t frame[4] = {0x02, 0x07};

	(void)state;
	assert_int_equal(frame_crc(frame, 2), 0x1241);
	assert_int_equal(frame_close(frame, 2), 4);
	assert_int_equal(frame[2], 0x41);
	assert_int_equal(frame[3], 0x12);
	assert_true(frame_intact(frame, 4));
	assert_false(frame_intact(frame, 3));
}

static void any_flipped_bit_is_seen(void **state)
{
	uint8_t frame[] = {17, 3, 4, 0x12, 0x34, 0x56, 0x78, 0, 0};

	(void)state;
	frame_close(frame, 7);
	for (size_t bit = 0; bit < 8 * sizeof(frame); bit++) {
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(frame_intact(frame, sizeof(frame)));
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(frame_intact(frame, sizeof(frame)));
}

/* F35: heavy damage passes at the limit of a CRC of 16 bits, 2^-16, and no more. */
static void damage_passes_at_the_crcs_own_limit(void **state)
{
	uint32_t random = 0x9e3779b9U; /* xorshift32, Marsaglia 2003 */
	unsigned int n_passed = 0;

	(void)state;
	for (unsigned int i = 0; i < 1U << 21; i++) {
		uint8_t frame[] = {17, 3, 4, 0, 0, 0, 0, 0, 0};

		for (size_t at = 3; at < sizeof(frame); at++) {
			random ^= random << 13;
			random ^= random >> 17;
			random ^= random << 5;
			frame[at] = (uint8_t)(random >> 8);
		}
		n_passed += frame_intact(frame, sizeof(frame));
	}
	assert_in_range(n_passed, 32 / 2, 32 * 3 / 2);
}

static void length_is_known_by_the_first_bytes(void **state)
{
	static const struct {
		const char *name;
		uint8_t bytes[3];
		int want;
	} cases[] = {
		{"coils", {1, 1, 2}, 7},
		{"registers", {1, 3, 250}, 255},
		{"too many", {1, 4, 252}, -EBADMSG},
		{"exception", {1, 0x83, 2}, 5},
		{"write of one", {1, 6, 0}, 8},
		{"write of more", {1, 16, 0}, 8},
		{"mask", {1, 22, 0}, 10},
		{"none of ours", {1, 43, 0}, -EBADMSG},
		{"function 0", {1, 0, 0}, -EBADMSG},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int got = frame_length(cases[i].bytes, 3);

		if (got != cases[i].want || frame_length(cases[i].bytes, 2) != 0) {
			fail_msg("%s: %d, not %d", cases[i].name, got, cases[i].want);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_is_the_specifications),
		cmocka_unit_test(any_flipped_bit_is_seen),
		cmocka_unit_test(damage_passes_at_the_crcs_own_limit),
		cmocka_unit_test(length_is_known_by_the_first_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
