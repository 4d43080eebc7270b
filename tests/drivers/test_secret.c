/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/reading.h"
#include "drivers/secret.h"

static char dir[] = "/tmp/secret-XXXXXX";
static char path[64];

static int make_dir(void **state)
{
	if (!mkdtemp(dir)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/file", dir);
	return 0;
}

static int remove_dir(void **state)
{
	unlink(path);
	return rmdir(dir);
}

static void put(const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void first_line_is_read_and_only_if_it_is_secret(void **state)
{
	static const struct {
		const char *text, *want;
		mode_t mode;
		int err;
	} cases[] = {
		{"secret\r\nmore\n", "secret", 0600, 0},
		{"secret", "secret", 0640, 0},
		{"longer than the room", "longer than the", 0600, 0},
		{"\nsecret", NULL, 0600, -EACCES},
		{"", NULL, 0600, -EACCES},
		{"secret", NULL, 0604, -EACCES},
	};
	char line[16];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put(cases[i].text, cases[i].mode);
		assert_int_equal(secret_line(path, line, sizeof(line)), cases[i].err);
		if (cases[i].want) {
			assert_string_equal(line, cases[i].want);
		}
	}
	assert_int_equal(secret_check(dir), -EACCES); /* no regular file */
	unlink(path);
	assert_int_equal(secret_check(path), -ENOENT);
	(void)state;
}

static void name_is_an_absolute_path_or_a_credential(void **state)
{
	char found[SECRET_PATH_MAX], name[SECRET_PATH_MAX + 1];

	memset(name, '/', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	unsetenv("CREDENTIALS_DIRECTORY");
	assert_int_equal(secret_path(found, "key"), -ENOENT);
	assert_int_equal(secret_path(found, "/etc/key"), 0);
	assert_string_equal(found, "/etc/key");
	assert_int_equal(secret_path(found, name), -ENAMETOOLONG);
	setenv("CREDENTIALS_DIRECTORY", "/run/credentials/pollux", 1);
	assert_int_equal(secret_path(found, "key"), 0);
	assert_string_equal(found, "/run/credentials/pollux/key");
	unsetenv("CREDENTIALS_DIRECTORY");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_line_is_read_and_only_if_it_is_secret),
		cmocka_unit_test(name_is_an_absolute_path_or_a_credential),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
