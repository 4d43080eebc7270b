/* SPDX-License-Identifier: Apache-2.0 */
/* The publisher against a real mosquitto, with a history that the test scripts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/publisher.h"
#include "tests/broker.h"
#include "tests/fake_history.h"

enum { TAGS = 4 };

static const struct tag_kind metres = {.unit = "m"};
static struct tag tags[TAGS];
static char names[TAGS][8];
static const struct device_config devices[] = {{.id = "d0"}, {.id = "d1", .index = 1}};

struct bench {
	struct broker broker;
	struct witness witness;
	struct config cfg;
	char uri[64];
	const char *servers[2];
	struct publisher *publisher;
	int64_t at_us; /* of the last batch */
};

static int set_up(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct cursor none = {0};

	if (!broker_exists()) {
		free(b);
		return 0; /* each test skips itself */
	}
	fake_history_reset(&none);
	broker_init(&b->broker);
	for (uint32_t i = 0; i < TAGS; i++) {
		snprintf(names[i], sizeof(names[i]), "t%u", i);
		tags[i] = (struct tag){.device = devices[i / 2].id,
		                       .name = names[i],
		                       .device_index = i / 2,
		                       .kind = &metres};
	}
	snprintf(b->uri, sizeof(b->uri), "mqtt://127.0.0.1:%d", b->broker.port);
	b->servers[0] = b->uri;
	b->cfg = (struct config){.gateway_id = "g",
	                         .state_dir = b->broker.dir,
	                         .devices = devices,
	                         .n_devices = 2,
	                         .tags = tags,
	                         .n_tags = TAGS,
	                         .n_field_tags = TAGS};
	b->cfg.mqtt = (struct mqtt_config){.enabled = true,
	                                   .servers = b->servers,
	                                   .n_servers = 1,
	                                   .prefix = "pollux",
	                                   .client_id = "pollux-g",
	                                   .qos = 1,
	                                   .keep_alive_s = 5,
	                                   .connect_timeout_ms = 3000};
	b->at_us = 1767323045000000;
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	if (b) {
		publisher_stop(b->publisher, 1000);
		witness_stop(&b->witness);
		broker_free(&b->broker);
		free(b);
	}
	return 0;
}

static struct bench *bench_of(void **state)
{
	if (!*state) {
		skip(); /* no mosquitto here */
	}
	return *state;
}

static void start(struct bench *b)
{
	assert_int_equal(
		publisher_start(&b->publisher, &b->cfg, fake_history_writer(), 0), 0);
}

static void stop(struct bench *b)
{
	publisher_stop(b->publisher, 3000);
	b->publisher = NULL;
}

static struct publisher_stats stats_of(struct bench *b)
{
	struct publisher_stats s;

	publisher_stats(b->publisher, &s);
	return s;
}

static bool is_connected(void *arg)
{
	return stats_of(arg).connected;
}

static bool is_disconnected(void *arg)
{
	return !stats_of(arg).connected;
}

static bool is_refused(void *arg)
{
	return stats_of(arg).error[0] != '\0';
}

static bool is_delivered(void *arg)
{
	return fake_history_pending() == 0;
}

/* The next batch: a sample of both tags of a device whose value is its own `at`, in ms
 * from the beginning, so that a value under a wrong tag or time shows. */
static void feed_batch(struct bench *b, uint32_t device, bool commit)
{
	struct sample rows[2];

	b->at_us += 1000;
	for (uint32_t i = 0; i < 2; i++) {
		double ms = (double)(b->at_us / 1000 % 1000000);

		rows[i] = (struct sample){.ts_us = b->at_us,
		                          .tag = 2 * device + i,
		                          .value = value_real(ms + 0.25 * i),
		                          .last = NAN,
		                          .est = {.predicted = NAN,
		                                  .sigma = NAN,
		                                  .estimate = NAN,
		                                  .score = NAN}};
	}
	fake_history_store(b->at_us, rows, 2);
	if (commit) {
		fake_history_commit(b->at_us);
	}
	if (b->publisher) {
		publisher_samples(b->publisher, b->at_us, rows, 2);
	}
}

/* Both samples of the batch at ms are with the witness, live or replayed. */
static bool has_batch(const struct bench *b, int64_t at_us, uint32_t device)
{
	bool all = true;

	for (uint32_t i = 0; i < 2; i++) {
		char live[160], replayed[64];
		char value[32];

		snprintf(value, sizeof(value), "%.15g",
		         (double)(at_us / 1000 % 1000000) + 0.25 * i);
		snprintf(live, sizeof(live), "/%s/state {\"ts\":%lld,",
		         names[2 * device + i], (long long)(at_us / 1000));
		snprintf(replayed, sizeof(replayed), "[%lld,%s,null,\"good\"]",
		         (long long)(at_us / 1000), value);
		all = all && (strstr(b->witness.text, live) ||
		              strstr(b->witness.text, replayed));
	}
	return all;
}

struct expected {
	struct bench *bench;
	int64_t first_us; /* batches 1 ms apart, of d0 and d1 in turn */
	int n;
};

static bool all_arrived(void *arg)
{
	const struct expected *e = arg;

	witness_read(&e->bench->witness);
	for (int i = 0; i < e->n; i++) {
		if (!has_batch(e->bench, e->first_us + 1000 * i, (uint32_t)(i % 2))) {
			return false;
		}
	}
	return true;
}

static void everything_retained_arrives(void **state)
{
	struct bench *b = bench_of(state);
	struct device_status up = {
		.state = "ok", .error = "", .ok_pct = 100, .rtt_ms = 1};
	struct event alarm = {.ts_us = b->at_us,
	                      .alarm_id = 77,
	                      .tag = 1,
	                      .kind = "drift",
	                      .severity = "alarm",
	                      .state = "active",
	                      .method = "ewma",
	                      .contributions = "",
	                      .message = "it drifts",
	                      .by = ""};

	broker_start(&b->broker, NULL);
	start(b);
	publisher_device(b->publisher, 1, &up);
	publisher_event(b->publisher, &alarm);
	wait_until("connected", is_connected, b);
	feed_batch(b, 0, true);
	wait_until("delivered", is_delivered, b);
	witness_start(&b->witness, &b->broker);
	witness_wait(&b->witness, "1 pollux/g/availability online");
	witness_wait(&b->witness, "1 pollux/g/info \\{\"version\":");
	witness_wait(&b->witness, "1 pollux/g/d1/status \\{\"state\":\"ok\"");
	witness_wait(&b->witness, "1 pollux/g/d0/t0/state \\{\"ts\":1767323045001,");
	witness_wait(&b->witness, "1 pollux/g/d0/t1/state \\{\"ts\":1767323045001,");
	witness_wait(&b->witness, "1 pollux/g/d0/t1/alarm \\{\"id\":77");
	alarm.ts_us += 1000;
	alarm.state = "cleared";
	publisher_event(b->publisher, &alarm);
	witness_wait(&b->witness, "0 pollux/g/events .*\"state\":\"cleared\"");
	witness_wait(&b->witness, "0 pollux/g/d0/t1/alarm \n");
	stop(b);
	witness_wait(&b->witness, "0 pollux/g/availability offline");
}

static void layout_device_sends_a_batch_as_one_message(void **state)
{
	static const char *const fields[] = {"state"};
	struct bench *b = bench_of(state);

	b->cfg.mqtt.layout = LAYOUT_DEVICE;
	b->cfg.mqtt.fields = fields;
	b->cfg.mqtt.n_fields = 1;
	broker_start(&b->broker, NULL);
	witness_start(&b->witness, &b->broker);
	start(b);
	wait_until("connected", is_connected, b);
	feed_batch(b, 1, true);
	witness_wait(&b->witness, "0 pollux/g/d1/data \\{\"ts\":1767323045001,"
	                          "\"t2\":45001,\"t2.state\":\"learning\","
	                          "\"t3\":45001.25,\"t3.state\":\"learning\"\\}");
	wait_until("delivered", is_delivered, b);
	assert_null(strstr(b->witness.text, "/state "));
}

static void qos_0_counts_as_delivered_when_written(void **state)
{
	struct bench *b = bench_of(state);

	b->cfg.mqtt.qos = 0;
	broker_start(&b->broker, NULL);
	witness_start(&b->witness, &b->broker);
	start(b);
	wait_until("connected", is_connected, b);
	for (int i = 0; i < 200; i++) {
		feed_batch(b, 0, true);
	}
	wait_until("delivered", is_delivered, b);
	witness_wait(&b->witness, "d0/t1/(state \\{\"ts\":1767323045200|history.*45200)");
}

static void broker_away_at_start_is_found_later(void **state)
{
	struct bench *b = bench_of(state);

	for (int i = 0; i < 10; i++) {
		feed_batch(b, 0, true); /* an earlier run left these */
	}
	start(b);
	for (int i = 0; i < 10; i++) {
		feed_batch(b, 1, true);
	}
	wait_until("refused", is_refused, b);
	assert_false(stats_of(b).connected);
	broker_start(&b->broker, NULL);
	wait_until("connected", is_connected, b);
	wait_until("delivered", is_delivered, b);
	assert_string_equal(stats_of(b).error, "");
	assert_true(stats_of(b).history_rows >= 40);
}

static void killed_broker_costs_nothing(void **state)
{
	struct bench *b = bench_of(state);
	struct expected e = {b, b->at_us + 1000, 0};

	broker_start(&b->broker, NULL);
	witness_start(&b->witness, &b->broker);
	start(b);
	for (int round = 0; round < 3; round++) {
		wait_until("connected", is_connected, b);
		for (int i = 0; i < 50; i++) {
			feed_batch(b, (uint32_t)(i % 2), true);
		}
		e.n += 50;
		wait_until("delivered", is_delivered, b);
		/* What mosquitto acknowledged and then lost itself is not our loss. */
		wait_until("everything so far", all_arrived, &e);
		broker_kill(&b->broker);
		witness_quit(&b->witness);
		wait_until("disconnected", is_disconnected, b);
		for (int i = 0; i < 50; i++) {
			feed_batch(b, (uint32_t)(i % 2), true);
		}
		e.n += 50;
		broker_start(&b->broker, NULL);
		witness_start(&b->witness, &b->broker);
	}
	wait_until("everything", all_arrived, &e);
	wait_until("delivered", is_delivered, b);
	assert_int_equal(stats_of(b).connects, 4);
}

static bool has_coalesced(void *arg)
{
	return stats_of(arg).coalesced > 0;
}

/* Stopped, it neither answers nor closes: found by the message's own timeout. */
static void stopped_broker_is_left_and_its_samples_sent_again(void **state)
{
	struct bench *b = bench_of(state);
	struct expected e = {b, b->at_us + 1000, 400};

	broker_start(&b->broker, NULL);
	witness_start(&b->witness, &b->broker);
	start(b);
	wait_until("connected", is_connected, b);
	broker_signal(&b->broker, SIGSTOP);
	for (int i = 0; i < 400; i++) {
		feed_batch(b, (uint32_t)(i % 2), true);
	}
	wait_until("samples overtaken", has_coalesced, b);
	assert_true(stats_of(b).in_flight <= 50);
	wait_until("disconnected", is_disconnected, b);
	broker_signal(&b->broker, SIGCONT);
	wait_until("connected", is_connected, b);
	wait_until("delivered", is_delivered, b);
	wait_until("everything", all_arrived, &e);
	assert_non_null(strstr(b->witness.text, "/history "));
}

static void samples_live_before_their_commit_are_delivered_once(void **state)
{
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	witness_start(&b->witness, &b->broker);
	start(b);
	wait_until("connected", is_connected, b);
	for (int i = 0; i < 100; i++) {
		feed_batch(b, 0, false);
	}
	witness_wait(&b->witness, "d0/t1/state \\{\"ts\":1767323045100");
	fake_history_commit(b->at_us);
	wait_until("delivered", is_delivered, b);
	assert_int_equal(stats_of(b).live_rows, 200);
	assert_int_equal(stats_of(b).history_rows, 0);
	stop(b);
	start(b); /* and a restart begins where the cursor stood */
	wait_until("connected", is_connected, b);
	feed_batch(b, 0, true);
	wait_until("delivered", is_delivered, b);
	assert_int_equal(stats_of(b).history_rows, 0);
}

static void second_server_is_used_while_the_first_is_away(void **state)
{
	struct bench *b = bench_of(state);

	b->servers[1] = b->uri;
	b->servers[0] = "mqtt://127.0.0.1:1";
	b->cfg.mqtt.n_servers = 2;
	broker_start(&b->broker, NULL);
	start(b);
	wait_until("connected", is_connected, b);
	assert_string_equal(stats_of(b).server, b->uri);
}

/* Certificates of an authority of our own: of this host, of another, expired. */
static void make_certificates(struct bench *b)
{
	static const char *const commands =
		"key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'; "
		"openssl req -x509 $key -keyout ca.key -out ca.pem -days 2 -subj /CN=ca; "
		"openssl req -x509 $key -keyout no.key -out other-ca.pem -days 2 "
		"-subj /CN=other; "
		"make() { echo subjectAltName=$2 >$1.ext; "
		"openssl req $key -keyout $1.key -out $1.csr -subj /CN=$1; "
		"openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
		"-days $3 -extfile $1.ext -out $1.pem; }; "
		"make right IP:127.0.0.1 2; make wrong DNS:elsewhere.example 2; "
		"make expired IP:127.0.0.1 -1";

	broker_shell(&b->broker, commands);
	snprintf(b->uri, sizeof(b->uri), "mqtts://127.0.0.1:%d", b->broker.port);
}

static void start_tls_broker(struct bench *b, const char *certificate)
{
	char conf[512];

	snprintf(conf, sizeof(conf),
	         "allow_anonymous true\ncertfile %s/%s.pem\n"
	         "keyfile %s/%s.key",
	         b->broker.dir, certificate, b->broker.dir, certificate);
	broker_start(&b->broker, conf);
}

static void tls_wants_our_authority_this_host_and_a_valid_date(void **state)
{
	static const struct {
		const char *certificate, *ca, *error; /* NULL: accepted */
	} cases[] = {
		{"right", "ca.pem", NULL},
		{"wrong", "ca.pem", "certificate is for another host"},
		{"expired", "ca.pem", "certificate verify failed"},
		{"right", "other-ca.pem", "certificate verify failed"},
	};
	struct bench *b = bench_of(state);
	char ca[128];

	make_certificates(b);
	b->cfg.mqtt.ca = ca;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(ca, sizeof(ca), "%s/%s", b->broker.dir, cases[i].ca);
		start_tls_broker(b, cases[i].certificate);
		start(b);
		if (cases[i].error) {
			wait_until("refused", is_refused, b);
			if (!strstr(stats_of(b).error, cases[i].error)) {
				fail_msg("%s: %s", cases[i].certificate,
				         stats_of(b).error);
			}
			assert_int_equal(stats_of(b).connects, 0);
		} else {
			wait_until("connected", is_connected, b);
			feed_batch(b, 0, true);
			wait_until("delivered", is_delivered, b);
		}
		stop(b);
		broker_kill(&b->broker);
	}
	b->cfg.mqtt.ca = NULL;
}

static void tls_older_than_1_2_is_refused(void **state)
{
	struct bench *b = bench_of(state);
	char ca[128];

	make_certificates(b);
	snprintf(ca, sizeof(ca), "%s/ca.pem", b->broker.dir);
	b->cfg.mqtt.ca = ca;
	broker_start_other(&b->broker,
	                   "exec openssl s_server -accept PORT -cert right.pem -key "
	                   "right.key -tls1_1 -cipher ALL:@SECLEVEL=0 -quiet");
	start(b);
	wait_until("refused", is_refused, b);
	assert_int_equal(stats_of(b).connects, 0);
	stop(b); /* it reads ca until then */
	b->cfg.mqtt.ca = NULL;
}

static void password_decides(void **state)
{
	struct bench *b = bench_of(state);
	char conf[256];

	broker_shell(&b->broker, "mosquitto_passwd -b -c users cell7 secret");
	snprintf(conf, sizeof(conf), "allow_anonymous false\npassword_file %s/users",
	         b->broker.dir);
	broker_start(&b->broker, conf);
	b->cfg.mqtt.username = "cell7";
	b->cfg.mqtt.password = "guess";
	start(b);
	wait_until("refused", is_refused, b);
	assert_non_null(strstr(stats_of(b).error, "not authorised"));
	assert_null(strstr(stats_of(b).error, "guess"));
	stop(b);
	b->cfg.mqtt.password = "secret";
	start(b);
	wait_until("connected", is_connected, b);
}

static bool is_told_of_a_namesake(void *arg)
{
	return strstr(stats_of(arg).error, "another client") != NULL;
}

static void namesake_is_recognised(void **state)
{
	struct bench *b = bench_of(state);

	broker_start(&b->broker, NULL);
	b->cfg.mqtt.client_id = "witness"; /* which comes back as often as we do */
	start(b);
	wait_until("connected", is_connected, b);
	witness_start(&b->witness, &b->broker);
	wait_until("told", is_told_of_a_namesake, b);
	assert_true(stats_of(b).connects <= 5);
}

static void stop_while_nobody_answers_is_in_time(void **state)
{
	struct bench *b = bench_of(state);

	start(b);
	wait_until("refused", is_refused, b);
	stop(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		CASE(everything_retained_arrives),
		CASE(layout_device_sends_a_batch_as_one_message),
		CASE(qos_0_counts_as_delivered_when_written),
		CASE(broker_away_at_start_is_found_later),
		CASE(killed_broker_costs_nothing),
		CASE(stopped_broker_is_left_and_its_samples_sent_again),
		CASE(samples_live_before_their_commit_are_delivered_once),
		CASE(second_server_is_used_while_the_first_is_away),
		CASE(tls_wants_our_authority_this_host_and_a_valid_date),
		CASE(tls_older_than_1_2_is_refused),
		CASE(password_decides),
		CASE(namesake_is_recognised),
		CASE(stop_while_nobody_answers_is_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
