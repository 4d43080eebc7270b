/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <unistd.h>

#include "tests/gateway/complained.h"

/* A whole file, NUL behind; NULL where it is not there.  free() it. */
static char *read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *text = calloc(1, 1 << 20);

	if (f) {
		*n = fread(text, 1, (1 << 20) - 1, f);
		fclose(f);
		return text;
	}
	free(text);
	return NULL;
}

/* What `pollux check` says about NN-name.yaml is NN-name.txt, to the byte. */
static int compare(const char *yaml)
{
	struct config *config = NULL;
	char txt[200], *said = NULL, *want;
	size_t n = 0;
	FILE *f = open_memstream(&said, &n);
	int err, bad;

	assert_non_null(f);
	err = config_load(&config, yaml, f);
	fclose(f);
	snprintf(txt, sizeof(txt), "%.*s.txt", (int)(strlen(yaml) - strlen(".yaml")),
	         yaml);
	want = read_file(txt, &n);
	bad = err != -EINVAL || config || !want || strcmp(want, said) != 0;
	if (bad) {
		print_error("--- %s: err %d, said\n%s--- want\n%s", yaml, err, said,
		            want ? want : "(no file)\n");
	}
	config_free(config);
	free(said);
	free(want);
	return bad;
}

static void every_broken_file_says_what_is_wrong(void **state)
{
	const char *root = getenv("POLLUX_SOURCE");
	char dir[4096];
	glob_t found;
	int bad = 0;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/tests/gateway/config/broken", root ? root : ".");
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(glob("[0-9]*.yaml", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 30);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		bad += compare(found.gl_pathv[i]);
	}
	globfree(&found);
	assert_int_equal(bad, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_broken_file_says_what_is_wrong),
	};

	/* What the files say is unset must be, whoever runs the test. */
	unsetenv("CREDENTIALS_DIRECTORY");
	unsetenv("POLLUX_TEMPLATES");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
