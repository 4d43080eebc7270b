/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/reading.h"
#include "gateway/config/arena.h"
#include "tests/gateway/complained.h"

static char dir[] = "/tmp/pollux-config-XXXXXX";

static void write_file(const char *name, const char *text, mode_t mode)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, mode), 0);
}

/* Load text as the file FILE of dir. */
static struct complained load(const char *text)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/pollux.yaml", dir);
	return complained_text(path, text);
}

static void password_comes_from_the_first_line_of_its_file(void **state)
{
	struct complained c;

	(void)state;
	write_file("secret", "hunter2\r\nnot this\n", 0600);
	c = load("mqtt: {servers: [mqtts://a], username: u, password_file: secret}");
	assert_string_equal(c.text, "");
	assert_string_equal(c.config->mqtt.password, "hunter2");
	complained_free(&c);
}

static void credentials_directory_comes_first(void **state)
{
	struct complained c;
	char sub[200];

	(void)state;
	snprintf(sub, sizeof(sub), "%s/credentials", dir);
	assert_int_equal(mkdir(sub, 0700), 0);
	write_file("secret", "beside", 0600);
	write_file("credentials/secret", "credential", 0600);
	setenv("CREDENTIALS_DIRECTORY", sub, 1);
	c = load("mqtt: {servers: [mqtts://a], username: u, password_file: secret}");
	assert_string_equal(c.config->mqtt.password, "credential");
	complained_free(&c);
	unsetenv("CREDENTIALS_DIRECTORY");
}

static void secrets_that_everybody_may_read_are_refused(void **state)
{
	struct complained c;

	(void)state;
	write_file("open", "hunter2", 0644);
	write_file("cert.pem", "-", 0644);
	c = load("mqtt:\n  servers: [mqtts://a]\n  username: u\n  password_file: open\n"
	         "  tls: {cert: cert.pem, key: open}\n");
	assert_int_equal(c.err, -EINVAL);
	assert_non_null(strstr(c.text, ":4:18: error: 'password_file': cannot use '"));
	assert_non_null(strstr(c.text, ":5:30: error: 'key': cannot use '"));
	assert_non_null(strstr(c.text, "/open': everybody may read it; chmod o= it\n"));
	assert_null(strstr(c.text, "hunter2"));
	complained_free(&c);
}

static void empty_secret_is_refused(void **state)
{
	struct complained c;

	(void)state;
	write_file("empty", "\nsecond line\n", 0600);
	c = load("mqtt: {servers: [mqtts://a], username: u, password_file: empty}");
	assert_non_null(strstr(c.text, "'password_file': its first line is empty"));
	complained_free(&c);
}

static void literal_password_is_never_printed(void **state)
{
	struct complained c = load(
		"mqtt: {servers: [mqtts://a], username: u, qos: 7, password: hunter2}");

	(void)state;
	assert_int_equal(c.err, -EINVAL);
	assert_null(strstr(c.text, "hunter2"));
	complained_free(&c);
	setenv("POLLUX_TEST_SECRET", "hunter2", 1);
	c = load("mqtt:\n  servers: [mqtts://a]\n  username: u\n  password: "
	         "${POLLUX_TEST_SECRET}\n  qos: ${POLLUX_TEST_SECRET}\n");
	assert_non_null(strstr(c.text, "not '${POLLUX_TEST_SECRET}'"));
	assert_null(strstr(c.text, "hunter2"));
	complained_free(&c);
	unsetenv("POLLUX_TEST_SECRET");
}

static void files_that_cannot_be_read_say_why(void **state)
{
	static const struct {
		const char *path;
		int err;
		const char *want;
	} cases[] = {
		{"/nowhere/pollux.yaml", -ENOENT,
	         "/nowhere/pollux.yaml: error: No such file or directory\n"},
		{"/", -EISDIR, "/: error: Is a directory\n"},
		{"/dev/null", -EINVAL, "/dev/null: error: not a regular file\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config *config = NULL;
		char *said = NULL;
		size_t n = 0;
		FILE *f = open_memstream(&said, &n);

		assert_non_null(f);
		assert_int_equal(config_load(&config, cases[i].path, f), cases[i].err);
		fclose(f);
		assert_null(config);
		assert_string_equal(said, cases[i].want);
		free(said);
	}
}

static void includes_come_from_beside_the_file(void **state)
{
	struct complained c;

	(void)state;
	write_file("inc-1.yaml", "devices: [{id: b, driver: modbus, address: tcp://h}]",
	           0644);
	write_file("inc-2.yaml",
	           "twin: {monitor: {learn: 400}}\nmqtt: {servers: [mqtts://a]}\n", 0644);
	write_file("inc-3.yaml", "# nothing\n", 0644);
	c = load("include: [\"inc-*.yaml\", \"none/*.yaml\"]\n"
	         "devices: [{id: a, driver: modbus, address: tcp://h}]\n");
	assert_int_equal(c.err, 0);
	assert_int_equal(c.config->n_warnings, 1); /* nothing matches none/ */
	assert_int_equal(c.config->n_devices, 2);
	assert_string_equal(c.config->devices[1].id, "b");
	assert_int_equal(c.config->twin.learn, 400);
	assert_true(c.config->mqtt.enabled);
	complained_free(&c);
}

/* tests/meson.build has the linker bring the arena's calls from other files here. */
void *__real_arena_array(struct arena *a, size_t n, size_t size);
void *__real_arena_scratch(struct arena *a, size_t n, size_t size);
char *__real_arena_text(struct arena *a, const char *text, size_t n);
const char *__real_arena_word(struct arena *a, const char *text, size_t n);
void *__wrap_arena_array(struct arena *a, size_t n, size_t size);
void *__wrap_arena_scratch(struct arena *a, size_t n, size_t size);
char *__wrap_arena_text(struct arena *a, const char *text, size_t n);
const char *__wrap_arena_word(struct arena *a, const char *text, size_t n);

static long calls_left = -1; /* until memory runs out; -1: never */

static int runs_out(void)
{
	return calls_left >= 0 && calls_left-- == 0;
}

void *__wrap_arena_array(struct arena *a, size_t n, size_t size)
{
	return runs_out() ? NULL : __real_arena_array(a, n, size);
}

void *__wrap_arena_scratch(struct arena *a, size_t n, size_t size)
{
	return runs_out() ? NULL : __real_arena_scratch(a, n, size);
}

const char *__wrap_arena_word(struct arena *a, const char *text, size_t n)
{
	return runs_out() ? NULL : __real_arena_word(a, text, n);
}

char *__wrap_arena_text(struct arena *a, const char *text, size_t n)
{
	return runs_out() ? NULL : __real_arena_text(a, text, n);
}

static void memory_that_runs_out_anywhere_is_said_and_freed(void **state)
{
	static const char yaml[] =
		"include: [inc-1.yaml]\n"
		"mqtt: {servers: [mqtts://a], fields: [sigma]}\n"
		"devices:\n"
		"  - id: a\n"
		"    driver: modbus\n"
		"    address: tcp://h\n"
		"    tags:\n"
		"      - {id: q, at: input:0, type: float32, unit: m3/h}\n"
		"      - {id: s, at: holding:0, type: int16, write: {interlock: a/q > "
		"1}}\n"
		"  - {id: c, address: tcp://h, template: fault, parameters: {p: 2},\n"
		"     limits: {max_gap: 1}, tags: [{id: a, unit: m}, {id: z, at: "
		"input:0,\n"
		"     type: int16}]}\n"
		"  - {id: d, driver: modbus, address: tcp://h, tags_csv: fault.csv}\n"
		"twin:\n"
		"  components:\n"
		"    - {id: t, model: tank, parameters: {area: 1, outlet: 0.1},\n"
		"       inputs: {inflow: a/q}}\n";
	struct complained c;
	long n = 0;

	(void)state;
	write_file("inc-1.yaml", "devices: [{id: b, driver: modbus, address: tcp://h}]",
	           0644);
	write_file("fault.csv",
	           "name,address,type,unit,scale,description\n"
	           "a b,40001,float32 CDAB,m,1/10,\"x\"\na b,40003,uint16,,,\n",
	           0644);
	write_file("templates/fault.yaml",
	           "description: x\n"
	           "parameters: {p: {description: x, choices: [1, 2]}}\n"
	           "device: {driver: modbus, limits: {max_registers: 5}}\n"
	           "tags: [{id: a, at: \"holding:${p + 1}\", type: int16}]\n",
	           0644);
	do {
		calls_left = n++;
		c = load(yaml);
		if (c.err && (c.err != -ENOMEM || c.config ||
		              !strstr(c.text, "error: Cannot allocate memory\n"))) {
			fail_msg("call %ld: %d %s", n, c.err, c.text);
		}
		complained_free(&c);
	} while (calls_left < 0);
	calls_left = -1;
	assert_true(n > 50);
}

static int make_dir(void **state)
{
	char path[200];

	(void)state;
	if (!mkdtemp(dir)) {
		return -1;
	}
	snprintf(path, sizeof(path), "%s/templates", dir);
	return mkdir(path, 0700);
}

static int remove_dir(void **state)
{
	static const char *const names[] = {"secret",      "credentials/secret",
	                                    "credentials", "open",
	                                    "cert.pem",    "empty",
	                                    "inc-1.yaml",  "inc-2.yaml",
	                                    "inc-3.yaml",  "templates/fault.yaml",
	                                    "templates",   ""};
	char path[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)remove(path);
	}
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(password_comes_from_the_first_line_of_its_file),
		cmocka_unit_test(credentials_directory_comes_first),
		cmocka_unit_test(secrets_that_everybody_may_read_are_refused),
		cmocka_unit_test(empty_secret_is_refused),
		cmocka_unit_test(literal_password_is_never_printed),
		cmocka_unit_test(files_that_cannot_be_read_say_why),
		cmocka_unit_test(memory_that_runs_out_anywhere_is_said_and_freed),
		cmocka_unit_test(includes_come_from_beside_the_file),
	};

	unsetenv("CREDENTIALS_DIRECTORY");
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
