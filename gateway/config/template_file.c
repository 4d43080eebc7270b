/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/config/template_file.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/reading.h"

static const char suffix[] = ".yaml";

/* The program's own, as seen from PREFIX/bin or BUILD/gateway, where it lies. */
static int add_own(struct template_dirs *out, struct arena *arena)
{
	static const char *const beside[] = {"share/pollux", "etc"};
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));
	const char *end = n > 0 ? memrchr(exe, '/', (size_t)n) : NULL;

	end = end ? memrchr(exe, '/', (size_t)(end - exe)) : NULL;
	for (size_t i = 0; end && i < ARRAY_SIZE(beside); i++) {
		const char *path = arena_format(arena, "%.*s/%s/templates",
		                                (int)(end - exe), exe, beside[i]);

		if (!path) {
			return -ENOMEM;
		}
		out->path[out->n++] = path;
	}
	out->path[out->n++] = POLLUX_DATADIR "/templates";
	return 0;
}

int template_dirs_init(struct template_dirs *out, const char *configured,
                       const char *config_path, struct arena *arena)
{
	const char *slash = strrchr(config_path, '/');
	const char *environment = getenv("POLLUX_TEMPLATES");
	const char *beside = slash ? arena_format(arena, "%.*s/templates",
	                                          (int)(slash - config_path), config_path)
	                           : "templates";

	*out = (struct template_dirs){0};
	if (!beside) {
		return -ENOMEM;
	}
	if (configured) {
		out->path[out->n++] = configured;
	}
	out->path[out->n++] = beside;
	if (environment && *environment) {
		out->path[out->n++] = environment;
	}
	return add_own(out, arena);
}

int template_file_find(const char **path, const struct template_dirs *dirs,
                       const char *name, struct arena *arena)
{
	for (size_t i = 0; i < dirs->n; i++) {
		*path = arena_format(arena, "%s/%s%s", dirs->path[i], name, suffix);
		if (!*path) {
			return -ENOMEM;
		}
		if (access(*path, F_OK) == 0) {
			return 0;
		}
	}
	*path = NULL;
	return -ENOENT;
}

/* "name.yaml" of a path, without the suffix; *n bytes. */
static const char *name_of(const char *path, size_t *n)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	*n = strlen(name) - strlen(suffix);
	return name;
}

static int compare_names(const void *left, const void *right)
{
	size_t n_left, n_right;
	const char *l = name_of(*(const char *const *)left, &n_left);
	const char *r = name_of(*(const char *const *)right, &n_right);
	int order = strncmp(l, r, n_left < n_right ? n_left : n_right);

	return order ? order : (n_left > n_right) - (n_left < n_right);
}

/* What is found, first directories first, in *found; globfree() it. */
static int find_all(const struct template_dirs *dirs, glob_t *found, struct arena *arena)
{
	for (size_t i = 0; i < dirs->n; i++) {
		const char *pattern = arena_format(arena, "%s/?*%s", dirs->path[i],
		                                   suffix);
		int flags = i ? GLOB_APPEND : 0;

		if (!pattern || glob(pattern, flags, NULL, found) == GLOB_NOSPACE) {
			return -ENOMEM;
		}
	}
	return 0;
}

int template_file_each(const struct template_dirs *dirs,
                       void (*each)(void *arg, const char *name, const char *path),
                       void *arg)
{
	struct arena arena = {0};
	glob_t found = {0};
	int err = find_all(dirs, &found, &arena);
	const char *name, *path;
	size_t n;

	if (!err && found.gl_pathc) {
		qsort(found.gl_pathv, found.gl_pathc, sizeof(char *), compare_names);
	}
	for (size_t i = 0; !err && i < found.gl_pathc; i++) {
		if (i && compare_names(&found.gl_pathv[i - 1], &found.gl_pathv[i]) == 0) {
			continue; /* in another directory too */
		}
		name = name_of(found.gl_pathv[i], &n);
		name = arena_text(&arena, name, n);
		err = name ? template_file_find(&path, dirs, name, &arena) : -ENOMEM;
		if (!err) {
			each(arg, name, path);
		}
	}
	globfree(&found);
	arena_free(&arena);
	return err;
}
