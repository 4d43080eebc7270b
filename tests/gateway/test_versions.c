/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "gateway/versions.h"
#include "tests/gateway/tank_history.h"

/* A gateway's versions, opened and closed as often as a test likes. */
struct bench {
	struct tank_history tank;
	struct component_config components[1];
	struct twin *twin;
	struct writer *writer;
	struct versions *v;
	char message[160];
};

static void on_change(void *arg, uint32_t component, const char *message)
{
	struct bench *b = arg;

	assert_int_equal(component, 0);
	snprintf(b->message, sizeof(b->message), "%s", message);
}

static void start(struct bench *b)
{
	struct versions_parts parts = {.config = b->tank.config,
	                               .components = b->components,
	                               .twin = &b->twin,
	                               .changed = on_change,
	                               .arg = b};
	const char *found;

	b->components[0] = b->tank.config->twin.components[0];
	assert_int_equal(
		writer_start(&b->writer, &b->tank.config->history, NULL, 1 << 20, &found),
		0);
	parts.writer = b->writer;
	assert_int_equal(versions_new(&b->v, &parts), 0);
}

static void stop(struct bench *b)
{
	versions_free(b->v);
	writer_stop(b->writer);
}

static char *details(const struct bench *b, double outlet)
{
	const struct component_config *c = &b->tank.config->twin.components[0];
	double p[MODEL_PARAMETERS_MAX];
	const struct version_origin origin = {
		.prior = c->parameters, .rows = 10, .from_us = TANK_T0_US, .by = "test"};

	memcpy(p, c->parameters, sizeof(p));
	p[1] = outlet;
	return version_details(c, p, &origin);
}

/* Ask for version `number` with an outlet; the answer must hold `want`. */
static void ask(struct bench *b, int number, double outlet, const char *want)
{
	char *text = details(b, outlet), *request, *answer;

	assert_true(asprintf(&request,
	                     "{\"component\":\"tank\",\"number\":%d,\"accepted\":true,"
	                     "\"train_error\":1.1,\"details\":%s}",
	                     number, text) > 0);
	answer = versions_answer(b->v, request);
	assert_non_null(answer);
	if (!strstr(answer, want)) {
		fail_msg("%s, not %s", answer, want);
	}
	free(answer);
	free(request);
	free(text);
}

static void accepted_version_outlives_a_restart(void **state)
{
	struct bench b = {.twin = NULL};

	(void)state;
	tank_history_new(&b.tank);
	start(&b);
	assert_int_equal(versions_in_force(b.v, 0), 0);
	ask(&b, 0, 0.0021, "\"version\":1");
	assert_true(b.components[0].parameters[1] == 0.0021);
	assert_non_null(strstr(b.message, "tank: version 1"));
	ask(&b, 0, 0.0023, "\"version\":2");
	stop(&b);
	start(&b);
	assert_int_equal(versions_in_force(b.v, 0), 2);
	assert_true(b.components[0].parameters[1] == 0.0023);
	ask(&b, 1, 0.0021, "\"version\":1");
	stop(&b);
	start(&b);
	assert_int_equal(versions_in_force(b.v, 0), 1);
	assert_true(b.components[0].parameters[1] == 0.0021);
	stop(&b);
	tank_history_free(&b.tank);
}

static void version_0_is_the_configuration(void **state)
{
	struct bench b = {.twin = NULL};
	char *answer;

	(void)state;
	tank_history_new(&b.tank);
	start(&b);
	ask(&b, 0, 0.0021, "\"version\":1");
	answer = versions_answer(b.v, "{\"component\":\"tank\",\"accepted\":true}");
	assert_string_equal(answer, "{\"version\":0}");
	free(answer);
	assert_true(b.components[0].parameters[1] == 0.00175);
	assert_int_equal(versions_in_force(b.v, 0), 0);
	stop(&b);
	start(&b);
	assert_int_equal(versions_in_force(b.v, 0), 0);
	stop(&b);
	tank_history_free(&b.tank);
}

/* While a version is in force nothing is to be found on learning rows; with the
 * configuration's word, what that says. */
static void version_takes_the_place_of_a_fit(void **state)
{
	struct bench b = {.twin = NULL};
	struct component_config *configured;
	char *answer;

	(void)state;
	tank_history_new(&b.tank);
	configured = (struct component_config *)b.tank.config->twin.components;
	configured->fit = 2;
	start(&b);
	assert_int_equal(b.components[0].fit, 2);
	ask(&b, 0, 0.0021, "\"version\":1");
	assert_int_equal(b.components[0].fit, 0);
	stop(&b);
	start(&b); /* as it was when it ended: what is saved is of this component */
	assert_int_equal(b.components[0].fit, 0);
	answer = versions_answer(b.v, "{\"component\":\"tank\",\"accepted\":true}");
	assert_non_null(answer);
	free(answer);
	assert_int_equal(b.components[0].fit, 2);
	stop(&b);
	tank_history_free(&b.tank);
}

/* What the gateway proposes waits for somebody, over a restart, until one decides. */
static void proposal_waits_until_somebody_decides(void **state)
{
	const double outlet = 0.0019;
	double p[MODEL_PARAMETERS_MAX];
	struct bench b = {.twin = NULL};
	struct version_found found = {.parameters = p,
	                              .origin = {.rows = 10, .by = "auto"},
	                              .train_error = 1,
	                              .held_out_error = 0.4};

	(void)state;
	tank_history_new(&b.tank);
	start(&b);
	memcpy(p, b.components[0].parameters, sizeof(p));
	p[1] = outlet;
	assert_int_equal(versions_proposal(b.v, 0)->number, 0);
	assert_int_equal(versions_add(b.v, &found), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(versions_proposal(b.v, 0)->number, 1);
		assert_true(versions_proposal(b.v, 0)->parameters[1] == outlet);
		assert_int_equal(versions_in_force(b.v, 0), 0);
		assert_true(b.components[0].parameters[1] == 0.00175);
		stop(&b);
		start(&b);
	}
	ask(&b, 1, outlet, "\"version\":1");
	assert_int_equal(versions_proposal(b.v, 0)->number, 0);
	assert_int_equal(versions_in_force(b.v, 0), 1);
	assert_int_equal(versions_add(b.v, &found), 2);
	ask(&b, 0, 0.002, "\"version\":3"); /* somebody's own */
	assert_int_equal(versions_proposal(b.v, 0)->number, 0);
	stop(&b);
	start(&b);
	assert_int_equal(versions_proposal(b.v, 0)->number, 0);
	assert_int_equal(versions_in_force(b.v, 0), 3);
	stop(&b);
	tank_history_free(&b.tank);
}

/* Of other parameters, of a person, in force, or of long ago: no proposal. */
static void not_every_version_is_a_proposal(void **state)
{
	const int64_t now_us = TANK_T0_US, s_us = 1000000;
	static const struct {
		const char *name, *by;
		double area;
		int64_t age_s;
		bool accepted, is;
	} cases[] = {
		{"it is", "auto", 1.2, 3600, false, true},
		{"a person's", "cli", 1.2, 3600, false, false},
		{"other parameters", "auto", 1.3, 3600, false, false},
		{"long ago", "auto", 1.2, VERSION_PROPOSAL_S + 1, false, false},
		{"in force", "auto", 1.2, 3600, true, false},
	};
	struct tank_history tank;
	struct component_config c;

	(void)state;
	tank_history_new(&tank);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double prior[MODEL_PARAMETERS_MAX], p[MODEL_PARAMETERS_MAX];
		const struct version_origin origin = {
			.prior = prior, .rows = 1, .by = cases[i].by};
		struct version v = {.ts_us = now_us - cases[i].age_s * s_us,
		                    .number = 1,
		                    .accepted = cases[i].accepted};
		char *text;

		c = tank.config->twin.components[0];
		memcpy(prior, c.parameters, sizeof(prior));
		prior[0] = cases[i].area;
		text = version_details(&c, prior, &origin);
		v.details = text;
		if (version_is_proposal(&v, &c, now_us, p) != cases[i].is) {
			fail_msg("%s", cases[i].name);
		}
		free(text);
	}
	tank_history_free(&tank);
}

static void nonsense_is_refused(void **state)
{
	static const struct {
		const char *request, *want;
	} cases[] = {
		{"", "no JSON"},
		{"[]", "no JSON"},
		{"{\"component\":\"pump\",\"accepted\":true}", "no such component"},
		{"{\"component\":\"tank\",\"number\":7,\"accepted\":true}",
	         "no such version"},
		{"{\"component\":\"tank\"}", "details"},
		{"{\"component\":\"tank\",\"details\":{\"area\":1}}", "incomplete"},
	};
	struct bench b = {.twin = NULL};

	(void)state;
	tank_history_new(&b.tank);
	start(&b);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *answer = versions_answer(b.v, cases[i].request);

		if (!answer || !strstr(answer, cases[i].want)) {
			fail_msg("'%s': %s", cases[i].request, answer);
		}
		free(answer);
	}
	ask(&b, 0, -1, "out of range");
	assert_true(b.components[0].parameters[1] == 0.00175);
	stop(&b);
	tank_history_free(&b.tank);
}

static void version_of_other_parameters_is_left_out(void **state)
{
	struct bench b = {.twin = NULL};
	struct component_config other;
	double p[MODEL_PARAMETERS_MAX];
	char *text;

	(void)state;
	tank_history_new(&b.tank);
	other = b.tank.config->twin.components[0];
	text = details(&b, 0.002);
	assert_int_equal(version_parse(text, &other, p), 0);
	assert_true(p[1] == 0.002 && p[0] == 1.2);
	other.parameters[0] = 1.3;
	assert_int_equal(version_parse(text, &other, p), -ESTALE);
	assert_int_equal(version_parse("{", &other, p), -EBADMSG);
	free(text);
	tank_history_free(&b.tank);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted_version_outlives_a_restart),
		cmocka_unit_test(version_0_is_the_configuration),
		cmocka_unit_test(version_takes_the_place_of_a_fit),
		cmocka_unit_test(proposal_waits_until_somebody_decides),
		cmocka_unit_test(not_every_version_is_a_proposal),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(version_of_other_parameters_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
