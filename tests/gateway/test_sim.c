/* SPDX-License-Identifier: Apache-2.0 */
/* The line of etc/line.yaml on a loop, with time scripted, and a raw Modbus master. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/clock.h"
#include "gateway/plant/sim.h"
#include "tests/loop_wait.h"

enum { HOLDING = 3, INPUT = 4, WRITE = 6, SILENCE = -1000, CLOSED = -2000 };

static uint64_t now_ns;

static uint64_t scripted_ns(void)
{
	return now_ns;
}

struct rig {
	uv_loop_t loop;
	struct plant_setup *setup;
	struct sim *sim;
	int fd;
};

/* The plant's file is read already. */
static void rig_start(struct rig *r, double speed, int64_t for_ms,
                      void (*on_end)(void *arg))
{
	struct sim_options o = {.listen = "tcp://127.0.0.1:0",
	                        .speed = speed,
	                        .for_ms = for_ms,
	                        .on_end = on_end,
	                        .arg = r};
	const char *why = "";
	struct sockaddr_in address;

	now_ns = 5000000000U;
	clock_script(scripted_ns, NULL);
	assert_int_equal(uv_loop_init(&r->loop), 0);
	if (sim_open(&r->sim, &r->loop, r->setup, &o, &why)) {
		fail_msg("%s", why);
	}
	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uv_ip4_addr("127.0.0.1", sim_port(r->sim), &address);
	assert_int_equal(
		connect(r->fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(r->fd, F_SETFL, O_NONBLOCK), 0);
}

static void rig_init(struct rig *r, double speed, int64_t for_ms,
                     void (*on_end)(void *arg))
{
	const char *root = getenv("POLLUX_SOURCE");
	char path[512];

	memset(r, 0, sizeof(*r));
	snprintf(path, sizeof(path), "%s/etc/line.yaml", root ? root : ".");
	assert_int_equal(plant_config_load(&r->setup, path, NULL, stderr), 0);
	r->setup->plant.settle_s = 60;
	rig_start(r, speed, for_ms, on_end);
}

static void rig_fini(struct rig *r)
{
	close(r->fd);
	sim_close(r->sim);
	uv_run(&r->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&r->loop), 0);
	plant_config_free(r->setup);
	clock_script(NULL, NULL);
}

/* Ask for one register, or write it, and wait for the answer.  @return its value, -code
 * of an exception, or SILENCE, or CLOSED */
static int ask_within(struct rig *r, unsigned most_ms, const uint8_t request[12])
{
	uint8_t answer[64];
	ssize_t n;

	assert_int_equal(write(r->fd, request, 12), 12);
	if (!loop_wait(&r->loop, r->fd, UV_READABLE, most_ms)) {
		return SILENCE;
	}
	n = read(r->fd, answer, sizeof(answer));
	if (n <= 0) {
		return CLOSED;
	}
	assert_true(n >= 9);
	return answer[7] & 0x80 ? -answer[8] : answer[n - 2] << 8 | answer[n - 1];
}

static int ask(struct rig *r, uint8_t unit, uint8_t function, uint16_t at, uint16_t value)
{
	const uint8_t request[] = {0,
	                           1,
	                           0,
	                           0,
	                           0,
	                           6,
	                           unit,
	                           function,
	                           (uint8_t)(at >> 8),
	                           (uint8_t)at,
	                           (uint8_t)(value >> 8),
	                           (uint8_t)value};

	return ask_within(r, 5000, request);
}

static void turn(struct rig *r, int n)
{
	while (n-- > 0) {
		sim_turn(r->sim);
	}
}

static void signals_are_on_the_map(void **state)
{
	struct rig r;

	rig_init(&r, 0, 0, NULL);
	turn(&r, 50);
	assert_int_equal(ask(&r, 1, INPUT, 2, 1),
	                 lround(sim_signal(r.sim, "speed") * 100));
	assert_int_equal(ask(&r, 2, INPUT, 4, 1),
	                 lround(sim_signal(r.sim, "temperature1") * 100));
	assert_int_equal(ask(&r, 2, HOLDING, 0, 1), 4500);
	assert_int_equal(ask(&r, 2, INPUT, 99, 1), -PDU_ILLEGAL_ADDRESS);
	assert_int_equal(ask(&r, 9, INPUT, 0, 1), -PDU_GATEWAY_NO_ANSWER);
	assert_true(isnan(sim_signal(r.sim, "nothing")));
	rig_fini(&r);
	(void)state;
}

static void written_setpoint_moves_the_plant(void **state)
{
	struct rig r;
	double before;

	rig_init(&r, 0, 0, NULL);
	turn(&r, 50);
	before = sim_signal(r.sim, "tank2.level");
	assert_int_equal(ask(&r, 2, WRITE, 0, 6000), 6000);
	assert_true(fabs(sim_signal(r.sim, "level2_setpoint") - 0.6) < 1e-9);
	turn(&r, 50 * 60);
	assert_int_equal(ask(&r, 2, HOLDING, 0, 1), 6000);
	assert_true(sim_signal(r.sim, "tank2.level") > before + 0.1);
	rig_fini(&r);
	(void)state;
}

static void injected_faults_are_felt(void **state)
{
	static const uint8_t speed[] = {0, 1, 0, 0, 0, 6, 1, INPUT, 0, 2, 0, 1};
	struct rig r, sound;

	rig_init(&r, 0, 0, NULL);
	rig_init(&sound, 0, 0, NULL);
	assert_int_equal(sim_inject(r.sim, "tank1", "leak", 2e-5, 5), 0);
	assert_int_equal(sim_inject(r.sim, "tank1", "wear", 1, 5), -EINVAL);
	assert_int_equal(sim_inject(r.sim, "tank9", "leak", 1, 5), -ENOENT);
	turn(&r, 100);
	turn(&sound, 100);
	assert_true(sim_signal(r.sim, "tank1.level") <
	            sim_signal(sound.sim, "tank1.level") - 0.003);
	rig_fini(&sound);
	assert_int_equal(sim_stats(r.sim).active_faults, 1);
	turn(&r, 200);
	assert_int_equal(sim_stats(r.sim).active_faults, 0);
	assert_int_equal(sim_inject(r.sim, "pump_unit", "exception", 4, 1), 0);
	turn(&r, 1);
	assert_int_equal(ask(&r, 1, INPUT, 2, 1), -4);
	assert_true(ask(&r, 2, INPUT, 4, 1) > 0); /* the other unit is well */
	assert_int_equal(sim_inject(r.sim, "pump_unit", "silence", 0, 1), 0);
	turn(&r, 1);
	assert_int_equal(ask_within(&r, 100, speed), SILENCE);
	turn(&r, 60);
	assert_true(ask(&r, 1, INPUT, 2, 1) > 0);
	assert_int_equal(sim_inject(r.sim, "pump_unit", "close", 0, 1), 0);
	turn(&r, 1);
	assert_int_equal(ask(&r, 1, INPUT, 2, 1), CLOSED);
	rig_fini(&r);
	(void)state;
}

static void wire_faults_are_felt(void **state)
{
	static const uint8_t speed[] = {0, 1, 0, 0, 0, 6, 1, INPUT, 0, 2, 0, 1};
	struct rig r;
	int high, low, good = 0, now;

	rig_init(&r, 0, 0, NULL);
	turn(&r, 1);
	assert_int_equal(sim_inject(r.sim, "level1", "swapped", 0, 1), 0);
	assert_int_equal(sim_inject(r.sim, "level1", "stuck", 0, 1), 0);
	high = ask(&r, 2, INPUT, 0, 1);
	low = ask(&r, 2, INPUT, 1, 1);
	turn(&r, 1);
	assert_int_equal(ask(&r, 2, INPUT, 0, 1), low);
	assert_int_equal(ask(&r, 2, INPUT, 1, 1), high);
	assert_int_equal(sim_inject(r.sim, "pump_unit", "late", 0.25, 2), 0);
	turn(&r, 1);
	assert_int_equal(ask_within(&r, 100, speed), SILENCE);
	assert_true(loop_wait(&r.loop, r.fd, UV_READABLE, 5000));
	assert_true(read(r.fd, (uint8_t[64]){0}, 64) > 0);
	turn(&r, 150);
	now = ask(&r, 2, INPUT, 4, 1);
	assert_int_equal(sim_inject(r.sim, "line_unit", "garbled", 0.5, 2), 0);
	turn(&r, 1);
	now = ask(&r, 1, INPUT, 2, 1);
	for (int i = 0; i < 40; i++) {
		good += ask(&r, 1, INPUT, 2, 1) == now; /* the other unit is well */
	}
	assert_int_equal(good, 40);
	rig_fini(&r);
	(void)state;
}

/* Of one unit; the other tells the time right. */
static void wrong_clock_is_one_units_own(void **state)
{
	static const char plant[] =
		"plant: {cycle: 100ms}\n"
		"modbus:\n"
		"  listen: tcp://127.0.0.1:5020\n"
		"  units:\n"
		"    - {id: a, unit: 1, registers: [{at: input:0, signal: clock, "
		"type: uint16, scale: 0.1}]}\n"
		"    - {id: b, unit: 2, registers: [{at: input:0, signal: clock, "
		"type: uint16, scale: 0.1}]}\n";
	struct rig r;

	memset(&r, 0, sizeof(r));
	assert_int_equal(plant_config_load_text(&r.setup, "clock.yaml", plant, stderr),
	                 0);
	rig_start(&r, 0, 0, NULL);
	turn(&r, 50);
	assert_in_range(ask(&r, 1, INPUT, 0, 1), 48, 51);
	assert_int_equal(sim_inject(r.sim, "a", "clock", 3600, 1), 0);
	turn(&r, 1);
	assert_int_equal(ask(&r, 1, INPUT, 0, 1), ask(&r, 2, INPUT, 0, 1) + 36000);
	turn(&r, 12);
	assert_int_equal(ask(&r, 1, INPUT, 0, 1), ask(&r, 2, INPUT, 0, 1));
	rig_fini(&r);
	(void)state;
}

/* A sensor that drops out shows the NaN of its float, and the lowest of its integer. */
static void lost_sensor_shows_no_number(void **state)
{
	struct rig r;

	rig_init(&r, 0, 0, NULL);
	assert_int_equal(sim_inject(r.sim, "level1", "dropout", 0, INFINITY), 0);
	assert_int_equal(sim_inject(r.sim, "temperature1", "dropout", 0, INFINITY), 0);
	turn(&r, 1);
	assert_int_equal(ask(&r, 2, INPUT, 0, 1), 0x7fc0);
	assert_int_equal(ask(&r, 2, INPUT, 4, 1), 0x8000);
	rig_fini(&r);
	(void)state;
}

/* Time is scripted: the loop blocks for the timer's wait at most, one cycle. */
static void run_to(struct rig *r, uint64_t ns)
{
	uint64_t before = sim_stats(r->sim).turns;

	now_ns = ns;
	for (int i = 0; i < 200 && sim_stats(r->sim).turns == before; i++) {
		loop_turn(&r->loop);
	}
}

static void late_turn_is_an_overrun_and_no_burst(void **state)
{
	struct rig r;
	struct sim_stats s;

	rig_init(&r, 1, 0, NULL);
	run_to(&r, 5000000000U + 20000000U);
	s = sim_stats(r.sim);
	assert_int_equal(s.turns, 1);
	assert_int_equal(s.overruns, 0);
	run_to(&r, 5000000000U + 220000000U); /* asleep for ten cycles */
	s = sim_stats(r.sim);
	assert_int_equal(s.turns, 2);
	assert_int_equal(s.overruns, 9);
	assert_true(fabs(s.time_s - 0.04) < 1e-9);
	rig_fini(&r);
	(void)state;
}

static void on_end(void *arg)
{
	struct rig *r = arg;

	assert_true(fabs(sim_stats(r->sim).time_s - 0.2) < 1e-9);
	uv_stop(&r->loop);
	r->loop.data = r;
}

/* At 1000 times, turns run in groups, and not one beyond the end. */
static void fast_run_ends_in_time(void **state)
{
	struct rig r;

	rig_init(&r, 1000, 200, on_end);
	now_ns += 10000000;
	for (int i = 0; i < 200 && !r.loop.data; i++) {
		loop_turn(&r.loop);
	}
	assert_ptr_equal(r.loop.data, &r);
	assert_int_equal(sim_stats(r.sim).turns, 10);
	rig_fini(&r);
	(void)state;
}

static void address_that_is_none_is_refused(void **state)
{
	static const char *const cases[] = {"127.0.0.1:0", "rtu:///dev/ttyS0",
	                                    "tcp://nowhere.invalid:0", "tcp://"};
	struct rig r;

	rig_init(&r, 0, 0, NULL);
	for (size_t i = 0; i < 4; i++) {
		struct sim_options o = {.listen = cases[i]};
		struct sim *second = NULL;
		const char *why = "";

		assert_int_equal(sim_open(&second, &r.loop, r.setup, &o, &why), -EINVAL);
		assert_null(second);
	}
	rig_fini(&r);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_are_on_the_map),
		cmocka_unit_test(written_setpoint_moves_the_plant),
		cmocka_unit_test(injected_faults_are_felt),
		cmocka_unit_test(wire_faults_are_felt),
		cmocka_unit_test(wrong_clock_is_one_units_own),
		cmocka_unit_test(lost_sensor_shows_no_number),
		cmocka_unit_test(late_turn_is_an_overrun_and_no_burst),
		cmocka_unit_test(fast_run_ends_in_time),
		cmocka_unit_test(address_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
