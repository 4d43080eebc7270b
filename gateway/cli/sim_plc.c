/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cli/sim_plc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/control.h"
#include "gateway/plc/plc_desk.h"
#include "gateway/plc/teller.h"

struct sim_plc {
	struct sim_plc_wish wish;
	struct watched *watched;
	struct online_change *online;
	struct plc_desk *desk;
	struct control *control;
	struct config *config; /* of mqtt */
	struct teller *teller;
};

static struct cycle_stats stats_of(void *arg)
{
	const struct sim_plc *p = arg;

	return (struct cycle_stats){
		.scans = program_scans(plc_link_program(p->wish.link)),
		.overruns = sim_stats(p->wish.sim).overruns};
}

static int64_t time_of(void *arg)
{
	const struct sim_plc *p = arg;

	return llround(sim_stats(p->wish.sim).time_s * 1e9);
}

static void on_forced(void *arg, const char *name, const char *value)
{
	const struct sim_plc *p = arg;

	if (p->teller) {
		teller_forced(p->teller, name, value);
	}
}

static enum exit_code complain(const char *what, int err)
{
	fprintf(stderr, "pollux sim: %s: %s\n", what, strerror(-err));
	return EXIT_FAILED;
}

static enum exit_code open_desk(struct sim_plc *p)
{
	const struct plc_host host = {.program = plc_link_program(p->wish.link),
	                              .stats = stats_of,
	                              .time_ns = time_of,
	                              .forced = on_forced,
	                              .arg = p,
	                              .online = p->online};
	const char *path = p->wish.call->socket;
	int err = plc_desk_new(&p->desk, &host);

	if (!err) {
		err = control_open(&p->control, p->wish.loop, path, plc_desk_answer,
		                   p->desk);
	}
	if (err) {
		return complain(path, err);
	}
	printf("watch and force at %s\n", path);
	return EXIT_DONE;
}

static enum exit_code open_teller(struct sim_plc *p)
{
	struct teller_wish wish = {.loop = p->wish.loop,
	                           .program = plc_link_program(p->wish.link),
	                           .watched = p->watched};
	int err;

	if (teller_config(&p->config, p->wish.call->mqtt, stderr)) {
		return EXIT_CONFIG;
	}
	wish.config = p->config;
	err = teller_open(&p->teller, &wish);
	return err ? complain("mqtt", err) : EXIT_DONE;
}

enum exit_code sim_plc_open(struct sim_plc **out, const struct sim_plc_wish *wish)
{
	struct sim_plc *p = calloc(1, sizeof(*p));
	enum exit_code code = EXIT_DONE;

	if (!p) {
		return EXIT_FAILED;
	}
	*out = p;
	p->wish = *wish;
	if (watched_new(&p->watched, wish->call->watch, plc_link_program(wish->link),
	                stderr)) {
		return EXIT_USAGE;
	}
	p->online = plc_link_online(wish->link, p->watched);
	if (!p->online) {
		return EXIT_FAILED;
	}
	if (wish->call->socket) {
		code = open_desk(p);
	}
	return code == EXIT_DONE && wish->call->mqtt ? open_teller(p) : code;
}

void sim_plc_close(struct sim_plc *p)
{
	if (p && p->control) {
		control_close(p->control);
	}
	teller_close(p ? p->teller : NULL);
}

void sim_plc_free(struct sim_plc *p)
{
	if (p) {
		plc_desk_free(p->desk);
		online_free(p->online);
		teller_free(p->teller);
		config_free(p->config);
		watched_free(p->watched);
		free(p);
	}
}
