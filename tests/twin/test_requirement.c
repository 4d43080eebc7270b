/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "commission_names.h"
#include "twin/commission/requirement.h"

#define S INT64_C(1000000000)

static void requirement_is_read_as_written(void **state)
{
	static const struct {
		const char *text;
		enum requirement_kind kind;
		bool triggered;
		int64_t delay_ns, window_ns, stays_ns;
		size_t n_quantities;
	} cases[] = {
		{"within 5 s: tank/level > 0.8 ± 0.02", REQUIREMENT_WITHIN, false, 0,
	         5 * S, 0, 1},
		{"within 200ms: a for 2s", REQUIREMENT_WITHIN, false, 0, S / 5, 2 * S, 1},
		{"always a < b", REQUIREMENT_ALWAYS, false, 0, -1, 0, 2},
		{"always: a < b", REQUIREMENT_ALWAYS, false, 0, -1, 0, 2},
		{"a < b", REQUIREMENT_ALWAYS, false, 0, -1, 0, 2},
		{"always for 1.5min: a", REQUIREMENT_ALWAYS, false, 0, 90 * S, 0, 1},
		{"for 2h: a", REQUIREMENT_ALWAYS, false, 0, 7200 * S, 0, 1},
		{"never a and b", REQUIREMENT_NEVER, false, 0, -1, 0, 2},
		{"never for 1 s: a", REQUIREMENT_NEVER, false, 0, S, 0, 1},
		{"a until b", REQUIREMENT_UNTIL, false, 0, -1, 0, 2},
		{"a until b or c within 3 s", REQUIREMENT_UNTIL, false, 0, 3 * S, 0, 3},
		{"after 1 s: always a", REQUIREMENT_ALWAYS, false, S, -1, 0, 1},
		{"when a: within 200 ms: not b", REQUIREMENT_WITHIN, true, 0, S / 5, 0,
	         2},
		{"when a and c: after 10ms: for 1 s: b == 0", REQUIREMENT_ALWAYS, true,
	         S / 100, S, 0, 3},
		{"when a: b until c", REQUIREMENT_UNTIL, true, 0, -1, 0, 3},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct requirement r;
		struct formula_error e = {0};
		int err = requirement_parse(&r, &commission_space, cases[i].text, &e);

		if (err) {
			fail_msg("%s: at %zu: %s", cases[i].text, e.at, e.message);
		}
		if (r.kind != cases[i].kind || r.triggered != cases[i].triggered ||
		    r.delay_ns != cases[i].delay_ns ||
		    r.window_ns != cases[i].window_ns ||
		    r.stays_ns != cases[i].stays_ns ||
		    r.n_quantities != cases[i].n_quantities) {
			fail_msg("%s: kind %d, window %lld", cases[i].text, (int)r.kind,
			         (long long)r.window_ns);
		}
	}
}

static void requirement_with_a_mistake_is_refused_at_its_place(void **state)
{
	static const struct {
		const char *text;
		size_t at;
		const char *word;
	} cases[] = {
		{"", 0, "missing"},
		{"within 5: a", 8, "no unit"},
		{"within s: a", 7, "a time such as"},
		{"within -1 s: a", 7, "a time such as"},
		{"within 5 s a", 11, "':'"},
		{"within 9999999 d: a", 16, "three years"},
		{"when a within 5 s: b", 7, "':'"},
		{"a until", 7, "missing"},
		{"a until b until c", 10, "nothing more"},
		{"a until b within 5", 18, "no unit"},
		{"never a until b", 8, "nothing more"},
		{"always within 5 s: a", 7, "missing"},
		{"within 5 s: a for", 17, "a time such as"},
		{"a b", 2, "nothing more"},
		{"when a:", 7, "missing"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct requirement r;
		struct formula_error e = {0};
		int err = requirement_parse(&r, &commission_space, cases[i].text, &e);

		if (err != -EINVAL || e.at != cases[i].at ||
		    !strstr(e.message, cases[i].word)) {
			fail_msg("%s: %d at %zu: %s", cases[i].text, err, e.at,
			         e.message ? e.message : "");
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(requirement_is_read_as_written),
		cmocka_unit_test(requirement_with_a_mistake_is_refused_at_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
