/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/scenario/start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/control.h"

static json_t *ask(const struct config *cfg, const struct start_wish *wish, FILE *say,
                   int *err)
{
	char *path = control_path(cfg->state_dir), *question = NULL, *answer = NULL;
	json_t *json = NULL;

	*err = -ENOMEM;
	if (path && asprintf(&question, "snapshot%s", wish->names) > 0) {
		*err = strlen(question) < CONTROL_REQUEST_MAX
		               ? control_ask(path, question, &answer)
		               : -E2BIG;
	}
	if (*err == -ENOENT || *err == -ECONNREFUSED) {
		fprintf(say,
		        "no gateway runs with this configuration; --at T starts from the "
		        "history, --state FILE from a snapshot that was kept\n");
	} else if (*err == -E2BIG) {
		fprintf(say, "more tags are named than fit a question\n");
	} else if (*err) {
		fprintf(say, "%s: %s\n", cfg->state_dir, strerror(-*err));
	} else {
		json = json_loads(answer, 0, NULL);
		*err = json ? 0 : -EBADMSG;
	}
	free(path);
	free(question);
	free(answer);
	return json;
}

static int keep(const char *path, const json_t *json, FILE *say)
{
	int err = json_dump_file(json, path, JSON_INDENT(1)) ? errno : 0;

	if (err) {
		fprintf(say, "%s: %s\n", path, strerror(err));
	}
	return -err;
}

static json_t *load(const char *path, FILE *say, int *err)
{
	json_error_t where;
	json_t *json = json_load_file(path, 0, &where);

	*err = json ? 0 : -EBADMSG;
	if (!json) {
		fprintf(say, "%s:%d:%d: %s\n", path, where.line < 0 ? 0 : where.line,
		        where.column < 0 ? 0 : where.column, where.text);
	}
	return json;
}

int start_snapshot(struct snapshot *out, const struct config *cfg,
                   const struct start_wish *wish, FILE *say)
{
	json_t *json = NULL;
	char why[200];
	int err = 0;

	*out = (struct snapshot){.ts_us = 0};
	if (wish->at_us != INT64_MIN) {
		err = snapshot_recall(out, cfg, wish->at_us, say);
		json = err ? NULL : snapshot_json(out, cfg, wish->names);
	} else {
		json = wish->file ? load(wish->file, say, &err)
		                  : ask(cfg, wish, say, &err);
		if (json) {
			err = snapshot_read(out, cfg, json, why);
		}
		if (json && err) {
			fprintf(say, "the snapshot cannot be used: %s\n",
			        err == -ENOMEM ? strerror(ENOMEM) : why);
		}
	}
	if (!err && wish->keep) {
		err = json ? keep(wish->keep, json, say) : -ENOMEM;
	}
	json_decref(json);
	return err;
}
