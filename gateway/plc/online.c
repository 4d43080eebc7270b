/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/plc/online.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/plc/listing.h"

struct online_change {
	struct online online;
	char **paths; /* ours */
	size_t n;
};

static void free_paths(char **paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(paths[i]);
	}
	free(paths);
}

static char **copy_paths(char *const *paths, size_t n)
{
	char **copy = calloc(n + 1, sizeof(*copy));

	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = strdup(paths[i]);
		if (!copy[i]) {
			free_paths(copy, n);
			return NULL;
		}
	}
	return copy;
}

struct online_change *online_new(const struct online *online)
{
	struct online_change *c = calloc(1, sizeof(*c));

	if (!c) {
		return NULL;
	}
	c->online = *online;
	c->paths = copy_paths(online->paths, online->n_paths);
	c->n = online->n_paths;
	if (!c->paths) {
		free(c);
		return NULL;
	}
	return c;
}

void online_free(struct online_change *c)
{
	if (c) {
		free_paths(c->paths, c->n);
		free(c);
	}
}

static char **split_paths(char *list, size_t *n)
{
	size_t room = 1;
	char **paths, **copy;

	for (const char *at = list; *at; at++) {
		room += *at == '\t';
	}
	paths = calloc(room, sizeof(*paths));
	if (!paths) {
		return NULL;
	}
	*n = 0;
	for (char *path; (path = strsep(&list, "\t"));) {
		paths[(*n)++] = path;
	}
	copy = copy_paths(paths, *n);
	free(paths);
	return copy;
}

static void say(void *arg, const char *text)
{
	fprintf(arg, "%s\n", text);
}

static int look_up(const struct online *o, const struct program *p, FILE *complaints)
{
	int err = o->watched ? watched_find(o->watched, p, complaints) : 0;

	return err || !o->inputs ? err : inputs_find(o->inputs, p);
}

/* The program that was loaded from s; both are the old ones where it succeeds. */
static int replace(struct online_change *c, struct program *fresh, FILE *complaints,
                   struct program_changed *counts)
{
	const struct online *o = &c->online;
	const struct program_complaint to = {say, complaints};
	int err = look_up(o, fresh, complaints);

	if (!err) {
		err = program_change(o->program, fresh, &to, counts);
	}
	if (err) { /* what was found there is of no use any more */
		(void)look_up(o, o->program, complaints);
	}
	return err == -ENOENT ? -EINVAL : err;
}

static int load(struct online_change *c, char **paths, size_t n, FILE *complaints,
                struct program_changed *counts)
{
	struct program *fresh = NULL;
	struct sources *s;
	int err = listing_read(&s, paths, n, complaints);

	if (err) {
		return err;
	}
	err = program_load(&fresh, s, c->online.options);
	if (err == -EINVAL) {
		listing_print(s, complaints);
	}
	if (!err) {
		err = replace(c, fresh, complaints, counts);
		program_free(fresh);
	}
	sources_free(err ? s : *c->online.sources);
	if (!err) {
		*c->online.sources = s;
	}
	return err;
}

int online_apply(struct online_change *c, char *paths, char **why,
                 struct program_changed *counts)
{
	size_t n = c->n, room;
	char **list = paths ? split_paths(paths, &n) : copy_paths(c->paths, c->n);
	FILE *complaints = open_memstream(why, &room);
	int err = list && complaints ? load(c, list, n, complaints, counts) : -ENOMEM;

	if (complaints) {
		fclose(complaints);
	}
	if (err) {
		free_paths(list, list ? n : 0);
		return err;
	}
	free(*why);
	*why = NULL;
	free_paths(c->paths, c->n);
	c->paths = list;
	c->n = n;
	return 0;
}
