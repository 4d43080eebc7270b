/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/poller.h"
#include "tests/fake_driver.h"
#include "tests/loop_wait.h"

static const struct point points[2][3] = {
	{{.tag = 0, .group = 0}, {.tag = 1, .group = 0}, {.tag = 2, .group = 1}},
	{{.tag = 3, .group = 0}, {.tag = 4, .group = 0}, {.tag = 5, .group = 1}},
};
static const uint32_t periods[] = {2, 6};
static const struct device_config configs[2] = {
	{.id = "a",
         .driver = "fake",
         .index = 0,
         .points = points[0],
         .n_points = 3,
         .periods_ms = periods,
         .n_periods = 2},
	{.id = "b",
         .driver = "fake",
         .index = 1,
         .points = points[1],
         .n_points = 3,
         .periods_ms = periods,
         .n_periods = 2},
};

static uv_loop_t loop;
static struct poller *poller;
static struct {
	size_t good, bad, stale;
	uint64_t good_ns, stale_ns; /* when last */
	enum reason reason;
	uint16_t code;
} seen[6];
static struct device_health health[2];
static size_t n_told[2];

static void on_readings(void *arg, uint32_t device, uint64_t received_ns,
                        const struct reading *r, size_t n)
{
	(void)arg;
	assert_true(received_ns <= fake_now_ns());
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(r[i].tag / 3, device);
		seen[r[i].tag].good += r[i].quality == QUALITY_GOOD;
		if (r[i].quality == QUALITY_GOOD) {
			seen[r[i].tag].good_ns = received_ns;
		} else if (r[i].quality == QUALITY_STALE) {
			seen[r[i].tag].stale_ns = received_ns;
		}
		seen[r[i].tag].bad += r[i].quality == QUALITY_BAD;
		seen[r[i].tag].stale += r[i].quality == QUALITY_STALE;
		seen[r[i].tag].reason = (enum reason)r[i].reason;
		seen[r[i].tag].code = r[i].code;
	}
}

static void on_device(void *arg, uint32_t device, const struct device_health *h)
{
	(void)arg;
	health[device] = *h;
	n_told[device]++;
}

static int setup(void **state)
{
	(void)state;
	fake_reset();
	memset(seen, 0, sizeof(seen));
	memset(health, 0, sizeof(health));
	memset(n_told, 0, sizeof(n_told));
	return uv_loop_init(&loop);
}

static void open_poller(void)
{
	const struct poller_config cfg = {configs, 2, &loop, fake_now_ns};
	const struct poller_sink sink = {on_readings, on_device, NULL};

	assert_int_equal(poller_open(&poller, &cfg, &sink), 0);
}

static int teardown(void **state)
{
	(void)state;
	poller_close(poller);
	uv_run(&loop, UV_RUN_DEFAULT);
	poller_free(poller);
	return uv_loop_close(&loop);
}

/* Let the timers that are due in scripted time run; they wait at most 3 ms of real time.
 */
static void turn(uint64_t pass_ms)
{
	fake_pass_ms(pass_ms);
	for (int i = 0; i < 2; i++) {
		loop_turn(&loop);
	}
}

/* Until device has a read or probe under way. */
static void until_asked(uint32_t device)
{
	for (int i = 0; i < 1000 && !fake_at(device)->waiting; i++) {
		turn(1);
	}
	assert_true(fake_at(device)->waiting);
}

static void answered_device_is_ok_and_its_tags_good(void **state)
{
	(void)state;
	open_poller();
	until_asked(0);
	assert_int_equal(fake_at(0)->due, 3);
	fake_answer(0, 0, 5);
	assert_int_equal(seen[0].good, 1);
	assert_int_equal(seen[2].good, 1);
	assert_int_equal(n_told[0], 1);
	assert_int_equal(health[0].state, DEVICE_OK);
	assert_true(health[0].ok_pct == 100);
}

static void intervals_and_overruns_of_each_group_are_told(void **state)
{
	struct group_figures group;
	struct device_figures figures;

	(void)state;
	open_poller();
	for (int i = 0; i < 21; i++) {
		until_asked(0);
		fake_answer(0, 0, 1);
	}
	poller_group(poller, 0, 0, &group);
	assert_int_equal(group.period_ms, 2);
	assert_int_equal(group.reads, 21);
	assert_int_equal(group.interval_us.n, 20);
	assert_true(group.interval_us.p50 >= 1900 && group.interval_us.p99 < 6000);
	poller_group(poller, 0, 1, &group);
	assert_int_equal(group.period_ms, 6);
	assert_true(group.interval_us.p50 >= 5000);
	poller_figures(poller, 0, &figures);
	assert_int_equal(figures.rtt_us.n, 0); /* the driver measures none */
	assert_true(isnan(figures.bus_load));
}

static void silent_device_does_not_hold_up_another(void **state)
{
	(void)state;
	open_poller();
	until_asked(0); /* and is never answered */
	for (int i = 0; i < 5; i++) {
		until_asked(1);
		fake_answer(1, 0, 1);
	}
	assert_int_equal(fake_at(0)->reads, 1);
	assert_int_equal(fake_at(1)->reads, 5);
	poller_health(poller, 0, &health[0]);
	assert_true(health[0].overruns > 0);
}

/* Until a tag has been brought stale. */
static void until_stale(uint32_t tag)
{
	size_t before = seen[tag].stale;

	for (int i = 0; i < 100 && seen[tag].stale == before; i++) {
		turn(1);
	}
	assert_int_equal(seen[tag].stale, before + 1);
}

static void device_that_hangs_has_stale_tags_after_three_periods(void **state)
{
	(void)state;
	open_poller();
	until_asked(0);
	fake_answer(0, 0, 1);
	until_asked(0); /* and is never answered */
	for (uint32_t tag = 0; tag <= 2; tag += 2) {
		until_stale(tag);
		assert_int_equal(seen[tag].reason, REASON_OVERRUN);
		assert_in_range(seen[tag].stale_ns - seen[tag].good_ns,
		                3 * periods[tag / 2] * 1000000,
		                (3 * periods[tag / 2] + 3) * 1000000);
	}
}

static void first_read_that_hangs_has_stale_tags(void **state)
{
	(void)state;
	open_poller();
	until_asked(0);
	until_stale(0);
	until_stale(2);
	assert_int_equal(seen[0].good + seen[0].bad, 0);
}

static void read_that_takes_long_leaves_stale_what_it_has_not_got_to(void **state)
{
	(void)state;
	open_poller();
	until_asked(0);
	for (int i = 0; i < 10; i++) {
		turn(2);
		fake_bring(0, 0, i);
	}
	assert_int_equal(seen[0].stale, 0);
	assert_int_not_equal(seen[1].stale, 0);
	fake_answer(0, 0, 1);
	assert_int_equal(seen[1].good, 1);
}

static void slow_reads_are_stale_only_from_three_periods_on(void **state)
{
	(void)state;
	open_poller();
	for (int i = 0; i < 5; i++) { /* each takes 2 periods: overruns, and no more */
		until_asked(0);
		turn(2);
		turn(1);
		fake_answer(0, 0, 1);
	}
	assert_int_equal(seen[0].stale, 0);
	poller_health(poller, 0, &health[0]);
	assert_true(health[0].overruns >= 4);
	until_asked(0);
	until_stale(0);
	fake_answer(0, 0, 1);
	assert_int_equal(seen[0].good, 6);
}

static void frozen_gateway_calls_nothing_stale_before_it_has_looked(void **state)
{
	(void)state;
	open_poller();
	until_asked(0);
	turn(120000);
	fake_answer(0, 0, 1); /* it was there all the time */
	assert_int_equal(seen[0].stale, 0);
	assert_int_equal(seen[0].good, 1);
}

static void tags_stay_bad_while_a_probe_takes_long(void **state)
{
	size_t bad;

	(void)state;
	open_poller();
	for (int i = 0; i < 2; i++) {
		until_asked(0);
		fake_answer(0, -ETIMEDOUT, 0);
	}
	until_asked(0);
	assert_int_equal(fake_at(0)->probes, 1);
	bad = seen[0].bad;
	for (int i = 0; i < 20; i++) {
		turn(2);
	}
	assert_true(seen[0].bad >= bad + 10);
	assert_int_equal(seen[0].stale, 0);
	assert_int_equal(seen[0].reason, REASON_TIMEOUT);
}

static void refused_device_is_down_is_probed_and_comes_back_whole(void **state)
{
	size_t reads;

	(void)state;
	open_poller();
	for (int i = 0; i < 2; i++) {
		until_asked(0);
		fake_answer(0, -ECONNREFUSED, 0);
	}
	assert_int_equal(health[0].state, DEVICE_DOWN);
	assert_int_equal(health[0].reason, REASON_REFUSED);
	reads = fake_at(0)->reads;
	turn(10);
	assert_true(seen[0].bad > 0);
	assert_int_equal(seen[0].reason, REASON_REFUSED);
	until_asked(0);
	assert_int_equal(fake_at(0)->probes, 1);
	assert_int_equal(fake_at(0)->reads, reads);
	fake_answer(0, 0, 0);
	assert_int_equal(fake_at(0)->reads, reads + 1);
	assert_int_equal(fake_at(0)->due, 3);
	fake_answer(0, 0, 7);
	assert_int_equal(health[0].state, DEVICE_OK);
	assert_int_equal(n_told[0], 2);
}

static void exception_degrades_the_device_and_only_its_own_tag(void **state)
{
	(void)state;
	open_poller();
	until_asked(0);
	fake_answer_partly(0, 1);
	assert_int_equal(health[0].state, DEVICE_DEGRADED);
	assert_int_equal(health[0].bad_tags, 1);
	assert_int_equal(seen[0].good, 1);
	assert_int_equal(seen[1].bad, 1);
	assert_int_equal(seen[1].code, 2);
	until_asked(0);
	fake_answer(0, 0, 1);
	assert_int_equal(health[0].state, DEVICE_OK);
}

static void device_that_cannot_be_opened_leaves_the_other_alone(void **state)
{
	(void)state;
	fake_at(0)->open_err = -EINVAL;
	open_poller();
	assert_int_equal(health[0].state, DEVICE_DOWN);
	assert_int_equal(health[0].reason, REASON_CONFIG);
	assert_int_equal(seen[2].reason, REASON_CONFIG);
	until_asked(1);
	fake_answer(1, 0, 1);
	assert_int_equal(seen[3].good, 1);
}

static void close_in_the_middle_of_a_read_tells_nothing(void **state)
{
	size_t told;

	(void)state;
	open_poller();
	until_asked(0);
	told = n_told[0];
	poller_close(poller);
	assert_true(fake_at(0)->closed);
	assert_int_equal(n_told[0], told);
}

static void reported_value_goes_on_without_a_read(void **state)
{
	const struct reading r = {.tag = 1, .value = value_real(3)};
	const struct device *device;

	(void)state;
	open_poller();
	device = poller_device(poller, 0);
	device->report.block(device->report.arg, fake_now_ns(), &r, 1);
	assert_int_equal(seen[1].good, 1);
	assert_int_equal(seen[0].good, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(answered_device_is_ok_and_its_tags_good),
		TEST(intervals_and_overruns_of_each_group_are_told),
		TEST(reported_value_goes_on_without_a_read),
		TEST(silent_device_does_not_hold_up_another),
		TEST(device_that_hangs_has_stale_tags_after_three_periods),
		TEST(first_read_that_hangs_has_stale_tags),
		TEST(read_that_takes_long_leaves_stale_what_it_has_not_got_to),
		TEST(slow_reads_are_stale_only_from_three_periods_on),
		TEST(frozen_gateway_calls_nothing_stale_before_it_has_looked),
		TEST(tags_stay_bad_while_a_probe_takes_long),
		TEST(refused_device_is_down_is_probed_and_comes_back_whole),
		TEST(exception_degrades_the_device_and_only_its_own_tag),
		TEST(device_that_cannot_be_opened_leaves_the_other_alone),
		TEST(close_in_the_middle_of_a_read_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
