/* SPDX-License-Identifier: Apache-2.0 */
/* pollux identify, as a user calls it without a running gateway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "gateway/cli/command.h"
#include "gateway/clock.h"
#include "gateway/versions.h"
#include "storage/reader.h"
#include "storage/version.h"
#include "tests/gateway/tank_history.h"

extern const struct command command_identify;

static struct tank_history tank;
static const char *rows = "--since 2026-01-01"; /* in every call */

/* Call it with these words after the component; what it printed is in text. */
static int call(const char *words, char *text, size_t size)
{
	int out = dup(STDOUT_FILENO), code, argc = 0;
	char line[256], *rest = line, *argv[16];
	char path[] = "/tmp/pollux-identify-XXXXXX";
	FILE *f;
	size_t n;

	snprintf(line, sizeof(line), "identify tank -c %s %s %s", tank.path, rows, words);
	for (char *word; argc < 15 && (word = strsep(&rest, " "));) {
		if (*word) {
			argv[argc++] = word;
		}
	}
	argv[argc] = NULL;
	close(mkstemp(path));
	fflush(stdout);
	assert_non_null(freopen(path, "w", stdout));
	optind = 0;
	code = (int)command_identify.run(argc, argv);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
	unlink(path);
	return code;
}

static int on_version(void *arg, const struct version *v)
{
	int64_t *in_force = arg;

	*in_force = v->accepted ? v->number : *in_force;
	return 0;
}

static int64_t in_force(void)
{
	char path[128];
	struct reader *r;
	int64_t number = 0;

	snprintf(path, sizeof(path), "%s/history.db", tank.dir);
	assert_int_equal(reader_open(&r, path), 0);
	assert_true(reader_versions(r, "tank", on_version, &number) >= 0);
	reader_close(r);
	return number;
}

static void table_says_what_was_found(void **state)
{
	char text[4096];

	(void)state;
	assert_int_equal(call("", text, sizeof(text)), EXIT_DONE);
	assert_non_null(strstr(text, "tank (tank): 4000 healthy rows in 1 spans"));
	assert_non_null(strstr(text, "better: --accept puts it in force"));
	assert_non_null(strstr(text, "level           1 min"));
	assert_int_equal(in_force(), 0);
}

static void json_has_the_same(void **state)
{
	char text[8192];
	json_t *o, *outlet;

	(void)state;
	assert_int_equal(call("--json", text, sizeof(text)), EXIT_DONE);
	o = json_loads(text, 0, NULL);
	assert_non_null(o);
	outlet = json_array_get(json_object_get(o, "parameters"), 1);
	assert_string_equal(json_string_value(json_object_get(outlet, "name")), "outlet");
	assert_true(fabs(json_real_value(json_object_get(outlet, "found")) / tank_outlet -
	                 1) < 0.02);
	assert_true(json_is_true(json_object_get(o, "better")));
	json_decref(o);
}

static void accepted_version_can_be_rolled_back(void **state)
{
	char text[4096];

	(void)state;
	assert_int_equal(call("--accept", text, sizeof(text)), EXIT_DONE);
	assert_int_equal(in_force(), 1);
	/* What is in force already is not bettered. */
	assert_int_equal(call("--accept", text, sizeof(text)), EXIT_FAILED);
	assert_non_null(strstr(text, "not better than what is in force"));
	assert_int_equal(in_force(), 1);
	assert_int_equal(call("--rollback 0", text, sizeof(text)), EXIT_DONE);
	assert_int_equal(in_force(), 0);
	assert_int_equal(call("--rollback 1", text, sizeof(text)), EXIT_DONE);
	assert_int_equal(in_force(), 1);
	assert_int_equal(call("--rollback 9", text, sizeof(text)), EXIT_FAILED);
	assert_int_equal(call("--rollback 0", text, sizeof(text)), EXIT_DONE);
}

static void wrong_calls_are_told(void **state)
{
	char text[256];

	(void)state;
	assert_int_equal(call("pump", text, sizeof(text)), EXIT_USAGE);
	assert_int_equal(call("--parameters width", text, sizeof(text)), EXIT_USAGE);
	assert_int_equal(call("--rollback x", text, sizeof(text)), EXIT_USAGE);
	assert_int_equal(call("--until 2025-01-01", text, sizeof(text)), EXIT_FAILED);
}

/* --accept alone takes what the gateway has proposed; with rows of one's own choice it
 * fits anew. */
static void proposal_is_accepted(void **state)
{
	const struct component_config *c = &tank.config->twin.components[0];
	double p[MODEL_PARAMETERS_MAX];
	const struct version_origin origin = {
		.prior = c->parameters, .rows = 10, .by = "auto"};
	struct version v = {.ts_us = clock_wall_us(),
	                    .device = c->device_index,
	                    .number = 40,
	                    .train_error = 1,
	                    .held_out_error = 0.5};
	char text[4096], *details;
	const char *found;
	struct history *h;

	(void)state;
	memcpy(p, c->parameters, sizeof(p));
	p[1] = 0.00205;
	details = version_details(c, p, &origin);
	v.details = details;
	assert_int_equal(history_open(&h, &tank.config->history, &found), 0);
	assert_int_equal(version_put(h, &v), 0);
	assert_int_equal(history_commit(h), 0);
	history_close(h);
	free(details);
	rows = "";
	assert_int_equal(call("--accept", text, sizeof(text)), EXIT_DONE);
	rows = "--since 2026-01-01";
	assert_string_equal(text, "");
	assert_int_equal(in_force(), 40);
	assert_int_equal(call("--accept", text, sizeof(text)), EXIT_DONE);
	assert_int_equal(in_force(), 41);
	assert_int_equal(call("--rollback 0", text, sizeof(text)), EXIT_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_says_what_was_found),
		cmocka_unit_test(json_has_the_same),
		cmocka_unit_test(accepted_version_can_be_rolled_back),
		cmocka_unit_test(proposal_is_accepted),
		cmocka_unit_test(wrong_calls_are_told),
	};
	int failed;

	tank_history_new(&tank);
	tank_history_fill(&tank, 4000, 0, 0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	tank_history_free(&tank);
	return failed;
}
