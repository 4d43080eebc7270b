/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a recording: refused with its line, or answered with as many lines as it
 * has tags and rows; twice the same. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/replay/replay.h"
#include "tests/gateway/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t count_lines(const char *text, size_t n)
{
	size_t lines = 0;

	for (size_t i = 0; i < n; i++) {
		lines += text[i] == '\n';
	}
	return lines;
}

static char *run(const char *data, size_t n)
{
	const struct replay_wish wish = {.input = "fuzz.csv", .learn = 180};
	int in = recording_of(data, n), out = recording_of("", 0), err;
	struct replay_report report;
	char *said = NULL, *text;
	size_t length;
	FILE *complaints = open_memstream(&said, &length);

	if (!complaints) {
		abort();
	}
	err = replay_run(&wish, in, out, complaints, &report);
	fclose(complaints);
	text = recording_text(out);
	if (err && err != -ENOMEM && !strstr(said, "error: ")) {
		abort(); /* refused without a word */
	}
	if (!err && count_lines(text, (size_t)lseek(out, 0, SEEK_END)) !=
	                    1 + report.rows * report.tags) {
		abort();
	}
	free(said);
	close(in);
	close(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *first = run((const char *)data, n), *second = run((const char *)data, n);

	if (strcmp(first, second) != 0) {
		abort();
	}
	free(first);
	free(second);
	return 0;
}
