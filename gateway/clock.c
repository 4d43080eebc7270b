/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/clock.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

enum { STEP_US = 500000 };

static uint64_t real_mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static int64_t real_wall_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint64_t (*mono_ns)(void) = real_mono_ns;
static int64_t (*wall_us)(void) = real_wall_us;

void clock_script(uint64_t (*mono)(void), int64_t (*wall)(void))
{
	mono_ns = mono ? mono : real_mono_ns;
	wall_us = wall ? wall : real_wall_us;
}

uint64_t clock_now_ns(void)
{
	return mono_ns();
}

int64_t clock_wall_us(void)
{
	return wall_us();
}

bool clock_synced(void)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t);

	if (state <
	    0) { /* refused by the service's ProtectClock=, which protects it too */
		return access("/run/systemd/timesync/synchronized", F_OK) == 0;
	}
	return state != TIME_ERROR && !(t.status & STA_UNSYNC);
}

static int64_t offset_now(void)
{
	return wall_us() - (int64_t)(mono_ns() / 1000);
}

/* Work off the lead of the stamps over the wall clock: half of the time that passed. */
static void slew(struct clock_stamper *s, uint64_t now_ns)
{
	int64_t passed_us;

	if (now_ns <= s->slewed_ns) {
		return;
	}
	passed_us = (int64_t)((now_ns - s->slewed_ns) / 1000);
	s->slewed_ns += (uint64_t)passed_us * 1000;
	s->ahead_us -= passed_us / 2 < s->ahead_us ? passed_us / 2 : s->ahead_us;
}

void clock_stamper_init(struct clock_stamper *s, int64_t reserve_us)
{
	int64_t now_us = wall_us();

	s->offset_us = offset_now();
	s->slewed_ns = mono_ns();
	s->ahead_us = reserve_us > now_us ? reserve_us - now_us : 0;
	s->last_us = reserve_us;
}

int64_t clock_stamp(struct clock_stamper *s, uint64_t received_ns, int64_t not_in_ms_of)
{
	int64_t ts;

	slew(s, received_ns);
	ts = (int64_t)(received_ns / 1000) + s->offset_us + s->ahead_us;
	if (not_in_ms_of != 0 && ts / 1000 <= not_in_ms_of / 1000) {
		ts = (not_in_ms_of / 1000 + 1) * 1000;
	}
	if (ts < s->last_us + 2) {
		ts = s->last_us + 2;
	}
	s->last_us = ts;
	return ts;
}

int64_t clock_stamper_check(struct clock_stamper *s)
{
	int64_t now = offset_now();
	int64_t step = now - s->offset_us;

	slew(s, mono_ns());
	s->offset_us = now;
	s->ahead_us = s->ahead_us > step ? s->ahead_us - step : 0;
	return llabs(step) > STEP_US ? step : 0;
}

/* "90s", "15m", "2h", "7d": us, or -1. */
static int64_t span_us(const char *text)
{
	static const struct {
		char unit;
		double seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	char *end;
	double n = strtod(text, &end);

	if (end == text || !isfinite(n) || n < 0 || end[0] == '\0' || end[1] != '\0') {
		return -1;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].unit == *end && n < 1e6 * 86400 / units[i].seconds) {
			return (int64_t)(n * units[i].seconds * 1e6);
		}
	}
	return -1;
}

int clock_parse(const char *text, int64_t now_us, int64_t *ts_us)
{
	struct tm tm = {.tm_isdst = 0};
	int64_t span = span_us(text);
	double fraction = 0, epoch;
	const char *rest;
	char *end;

	if (span >= 0) {
		*ts_us = now_us - span;
		return 0;
	}
	rest = strptime(text, "%Y-%m-%d", &tm);
	if (!rest) {
		epoch = strtod(text, &end);
		if (end == text || *end || !(fabs(epoch) < 1e11)) {
			return -EINVAL;
		}
		*ts_us = (int64_t)llround(epoch * 1e6);
		return 0;
	}
	if (*rest == 'T' || *rest == ' ') {
		rest = strptime(rest + 1, "%H:%M:%S", &tm);
	}
	if (rest && *rest == '.') {
		fraction = strtod(rest, &end);
		rest = end;
	}
	if (!rest || (*rest && strcmp(rest, "Z") != 0)) {
		return -EINVAL;
	}
	*ts_us = (int64_t)timegm(&tm) * 1000000 + (int64_t)llround(fraction * 1e6);
	return 0;
}

void clock_iso(int64_t ts_us, char *buf)
{
	int64_t ms = ts_us / 1000 - (ts_us % 1000 < 0);
	int64_t in_second = ms % 1000 < 0 ? ms % 1000 + 1000 : ms % 1000;
	time_t s = (time_t)((ms - in_second) / 1000);
	struct tm tm;

	gmtime_r(&s, &tm);
	if (strftime(buf, 20, "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
		memcpy(buf, "9999-12-31T23:59:59", 20); /* a year of five digits */
	}
	snprintf(buf + 19, 6, ".%03dZ", (int)in_second);
}
