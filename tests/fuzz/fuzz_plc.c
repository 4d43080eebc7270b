/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a program in Structured Text: refused with a complaint that has a place, or
 * a tree that the checker walks. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "twin/plc/check.h"
#include "twin/plc/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { CEILING = 64 << 20 }; /* bytes of tree; the fuzzer's own limit lies above */

/** What is said stands where there is something, in order. */
static void judge_diagnoses(struct sources *s)
{
	size_t n;
	const struct diagnosis *d = sources_diagnoses(s, &n);

	for (size_t i = 0; i < n; i++) {
		if (d[i].text[0] == '\0' || d[i].length == 0 ||
		    d[i].at.line > sources_lines(s, 0) + 1) {
			abort();
		}
		if (i > 0 && d[i].at.line < d[i - 1].at.line) {
			abort();
		}
	}
	if (n == 0 && sources_errors(s) > 0) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct sources *s;
	struct ast *ast;
	int err;

	if (sources_new(&s)) {
		return 0;
	}
	sources_region(s)->ceiling = CEILING;
	err = sources_add(s, "fuzz.st", (const char *)data, n);
	if (!err) {
		err = parser_parse(&ast, s);
	}
	if (!err) {
		err = check_tree(ast);
	}
	if (!err) {
		judge_diagnoses(s);
	}
	sources_free(s);
	return 0;
}
