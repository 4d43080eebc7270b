/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "gateway/remark_text.h"

static const struct tag tags[] = {
	{.device = "plc", .name = "a", .kind = &(const struct tag_kind){.unit = "bar"}},
	{.device = "press",
         .name = "b",
         .device_index = 1,
         .kind = &(const struct tag_kind){.unit = ""}},
	{.device = "tank",
         .name = "health",
         .device_index = 2,
         .kind = &(const struct tag_kind){.unit = ""}},
};

static void each_remark_is_a_sentence(void **state)
{
	static const struct {
		struct remark r;
		const char *kind, *text;
	} cases[] = {
		{{.kind = REMARK_LEARNING, .device = 1, .tag = REMARK_NO_TAG, .n = 4},
	         "learning",
	         "press learns what is normal for 4 of its tags"},
		{{.kind = REMARK_LEARNING, .device = 2, .tag = REMARK_NO_TAG},
	         "learning",
	         "tank learns what is normal"},
		{{.kind = REMARK_LEARNT, .device = 2, .tag = REMARK_NO_TAG},
	         "learnt",
	         "tank has learnt what is normal"},
		{{.kind = REMARK_STARTUP, .device = 1, .tag = 1, .n = 70},
	         "startup",
	         "press/b was still moving: 70 readings are not learnt from"},
		{{.kind = REMARK_FITTED,
	          .device = 2,
	          .tag = REMARK_NO_TAG,
	          .n = 1,
	          .before = 0.0018,
	          .after = 0.0021},
	         "fitted",
	         "tank: outlet is 0.0021 m2 by its learning rows, not 0.0018"},
		{{.kind = REMARK_UNTOLD,
	          .device = 2,
	          .tag = REMARK_NO_TAG,
	          .n = 0,
	          .before = 1.2,
	          .after = 1.2},
	         "fitted",
	         "tank: area stays 1.2 m2: its learning rows do not tell"},
		{{.kind = REMARK_MISFIT,
	          .device = 2,
	          .tag = REMARK_NO_TAG,
	          .after = 3.16},
	         "misfit",
	         "the model of tank explains its readings poorly, it needs 3.16 times "
	         "its noise: a parameter may be wrong"},
		{{.kind = REMARK_REBASELINED, .tag = 0, .before = 3, .after = 3.5},
	         "rebaselined",
	         "plc/a has stayed off its normal: 3.5 bar is normal now, not 3"},
	};
	const struct component_config tank = {
		.id = "tank", .device_index = 2, .model = model_find("tank")};
	const struct twin_config cfg = {.tags = tags,
	                                .n_tags = 3,
	                                .n_field_tags = 2,
	                                .components = &tank,
	                                .n_components = 1};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[256];

		assert_string_equal(remark_text(&cfg, &cases[i].r, text, sizeof(text)),
		                    cases[i].kind);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_remark_is_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
