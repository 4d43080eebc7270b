/* SPDX-License-Identifier: Apache-2.0 */
/* The twin against the reference values that lie beside the project. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "refvec.h"
#include "twin/twin.h"

static void channel_monitor_gives_every_row(void **state)
{
	static const struct tag tags[] = {
	        {.device = "replay", .name = "T1", .analog = true},
	        {.device = "replay", .name = "p1", .analog = true},
	        {.device = "replay", .name = "F1", .analog = true},
	};
	const struct twin_config cfg = {.tags = tags,
	                                .n_tags = 3,
	                                .n_field_tags = 3,
	                                .learn = 600,
	                                .false_alarm = 1e-4};
	FILE *in = refvec_open("channel_in.csv"),
	     *want = refvec_open("channel_expected.csv");
	struct refvec_row row, cells;
	struct twin *twin;
	size_t wrong = 0, rows = 0;

	(void)state;
	if (!in || !want) {
		skip();
	}
	assert_int_equal(twin_new(&twin, &cfg), 0);
	for (; refvec_next(in, &row); rows++) {
		struct reading r[3];
		struct estimate e[3];

		for (uint32_t i = 0; i < 3; i++) {
			r[i] = (struct reading){.tag = i,
			                        .value = value_real(row.number[i + 1])};
		}
		twin_merge(twin, llround(row.number[0] * 1e9), r, 3, e);
		for (size_t i = 0; i < 3; i++) {
			assert_true(refvec_next(want, &cells));
			if (strcmp(cells.text[7], tag_state_name(e[i].state)) != 0 ||
			    !refvec_near(e[i].predicted, cells.number[4], 1e-6) ||
			    !refvec_near(e[i].sigma, cells.number[5], 1e-6) ||
			    !refvec_near(e[i].score, cells.number[6], 1e-6)) {
				print_error("%s %s: %.9g %.9g %.9g %s, not %s %s %s %s\n",
				            cells.text[0], cells.text[2], e[i].predicted,
				            e[i].sigma, e[i].score,
				            tag_state_name(e[i].state), cells.text[4],
				            cells.text[5], cells.text[6], cells.text[7]);
				wrong++;
			}
		}
	}
	twin_free(twin);
	fclose(in);
	fclose(want);
	assert_int_equal(wrong, 0);
	assert_int_equal(rows, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(channel_monitor_gives_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
